//! Where Twilio's Voice SDK in the browser connects to: signalling at the nearest edge, which Twilio names anew when the connection is made
//! (`voice-js.ashburn.twilio.com`), events at the region's gateway (`eventgw.us1.twilio.com`), and the sounds of the keys.
//! <https://www.twilio.com/docs/voice/sdks/javascript#content-security-policy-csp>

use crate::call::BrowserSources;

/// Edges and regions come and go, and the SDK takes any that it is told: one vendor's names, not a list of them.
pub(super) const SOURCES: BrowserSources = BrowserSources {
    connect: &["https://*.twilio.com", "wss://*.twilio.com"],
    media: &["https://sdk.twilio.com"],
};

#[cfg(test)]
mod tests {
    use std::path::Path;

    use url::Url;

    use super::SOURCES;

    fn allows(sources: &[&str], address: &str) -> bool {
        let address = Url::parse(address).unwrap();
        sources.iter().any(|source| {
            let (scheme, host) = source.split_once("://").unwrap();
            let fits = match host.strip_prefix("*.") {
                Some(parent) => address.host_str().unwrap().ends_with(&format!(".{parent}")),
                None => address.host_str() == Some(host),
            };
            scheme == address.scheme() && fits
        })
    }

    /// The SDK as the web app has it; without its packages there is nothing to compare with.
    fn source(file: &str) -> Option<String> {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/node_modules/@twilio/voice-sdk/lib/twilio");
        std::fs::read_to_string(folder.join(file)).ok()
    }

    fn constant(text: &str, name: &str) -> String {
        let value = text.split(&format!("{name} = '")).nth(1).unwrap();
        value.split('\'').next().unwrap().to_owned()
    }

    #[test]
    fn everything_that_the_sdk_connects_to_is_allowed() {
        let (Some(regions), Some(constants), Some(publisher)) =
            (source("regions.ts"), source("constants.ts"), source("eventpublisher.ts"))
        else {
            return;
        };
        let mut addresses = Vec::new();
        let names = |kind: &str| {
            let list =
                regions.split(&format!("export enum {kind} {{")).nth(1).unwrap().split('}').next().unwrap();
            list.split("= '")
                .skip(1)
                .map(|name| name.split('\'').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let template = |function: &str, holder: &str| {
            let body = regions.split(&format!("function {function}(")).nth(1).unwrap();
            let text = body.split('`').nth(1).unwrap();
            assert!(text.contains(holder), "{text}");
            text.replace(holder, "{}")
        };
        let edge = template("createChunderEdgeURI", "${edge}");
        let signal = template("createSignalingEndpointURL", "${uri}");
        addresses.extend(names("Edge").iter().map(|name| signal.replace("{}", &edge.replace("{}", name))));
        let gateway = template("createEventGatewayURI", "${region}");
        addresses
            .extend(names("Region").iter().map(|name| format!("https://{}", gateway.replace("{}", name))));
        addresses.push(format!("https://{}", constant(&regions, "defaultEventGatewayURI: string")));
        assert!(publisher.contains("url: `https://${this._host}/v4/"), "the events go elsewhere now");
        let sounds = constant(&constants, "SOUNDS_BASE_URL");
        assert!(addresses.len() > 30, "{addresses:?}");
        for address in addresses.iter().chain([&sounds]) {
            assert!(allows(SOURCES.connect, address), "{address} is not allowed");
        }
        assert!(allows(SOURCES.media, &sounds), "{sounds} is not allowed");
        assert!(!allows(SOURCES.connect, "https://twilio.com.example/"));
    }
}
