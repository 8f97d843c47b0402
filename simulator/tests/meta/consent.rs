//! Facebook Login: one consent, every Page of the app.

use channels::{Account, SendError};
use secrecy::{ExposeSecret, SecretString};
use simulator::{
    Player,
    meta::{Consents, Product},
};
use url::Url;

use crate::house::House;

fn redirect(channel: &str) -> Url {
    format!("https://hub.example/oauth/{channel}/callback").parse().unwrap()
}

fn app<P: Product>(house: &House<P>) -> Account {
    let keys = house.player.app_keys(&house.key);
    Account::new(keys.into_iter().map(|(name, value)| (name, SecretString::from(value))))
}

/// Opens the consent page as a browser does: what stands in the address that it is sent back to.
async fn consents<P: Product>(house: &House<P>, app: &Account) -> Vec<(String, String)> {
    let redirect = redirect(P::CHANNEL);
    let page = house.channel().install_address(app, &redirect, "state-1").unwrap();
    assert!(page.path().ends_with("/dialog/oauth"), "{page}");
    let answer = house.net.send(net::Request::get(page)).await.unwrap();
    let back: Url = answer.headers[net::header::LOCATION].to_str().unwrap().parse().unwrap();
    assert!(back.as_str().starts_with(redirect.as_str()), "{back}");
    back.query_pairs().into_owned().collect()
}

fn given<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

async fn installed<P: Product>(house: House<P>) {
    let mut keys = vec![house.key.clone()];
    for name in ["Bolt", "Café Nord"] {
        keys.push(house.player.open_sibling(&house.key, name).unwrap());
    }
    house.player.open_account("Somebody else's");
    keys.sort();
    let (app, redirect) = (app(&house), redirect(P::CHANNEL));
    let back = consents(&house, &app).await;
    assert_eq!(given(&back, "state"), Some("state-1"));
    let code = given(&back, "code").unwrap();
    let accounts = house.channel().install(&app, code, &redirect, &house.net).await.unwrap();
    let mut found: Vec<_> = accounts.iter().map(|one| house.channel().account_key(&one.account)).collect();
    found.sort();
    assert_eq!(found, keys, "over two lists, and of this app only");
    for one in &accounts {
        let key = house.channel().account_key(&one.account);
        let token = one.account.secret("page_access_token");
        assert_eq!(Some(token.expose_secret()), house.player.token(&key).as_deref());
        let fields =
            one.account.fields().map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned()));
        assert!(house.channel().account_form().fill(fields.collect()).is_ok());
    }
    assert!(accounts.iter().any(|one| one.name == if P::WATERMARKS { "Café Nord" } else { "@café.nord" }));

    let again = house.channel().install(&app, code, &redirect, &house.net).await;
    assert!(matches!(again, Err(SendError::Refused(_))), "a code is good once: {again:?}");
    let mut forger = app.clone();
    forger.set("app_secret", SecretString::from("guessed"));
    let back = consents(&house, &app).await;
    let code = given(&back, "code").unwrap();
    let guessed = house.channel().install(&forger, code, &redirect, &house.net).await;
    assert!(matches!(guessed, Err(SendError::Refused(_))), "{guessed:?}");
    let elsewhere = "https://evil.example/oauth".parse().unwrap();
    assert!(house.channel().install(&app, code, &elsewhere, &house.net).await.is_err());
}

#[tokio::test]
async fn a_consent_becomes_the_accounts_that_were_chosen() {
    installed(House::messenger().await).await;
    installed(House::instagram().await).await;
}

async fn refused<P: Product>(house: House<P>) {
    let app = app(&house);
    house.player.set_consents(Consents::Cancels);
    let back = consents(&house, &app).await;
    assert_eq!((given(&back, "code"), given(&back, "error")), (None, Some("access_denied")));
    house.player.set_consents(Consents::None);
    let back = consents(&house, &app).await;
    let code = given(&back, "code").unwrap();
    let none = house.channel().install(&app, code, &redirect(P::CHANNEL), &house.net).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn nothing_comes_of_a_refusal_or_of_nothing_chosen() {
    refused(House::messenger().await).await;
    refused(House::instagram().await).await;
}
