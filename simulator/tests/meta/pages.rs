//! One app of Meta's, many accounts behind its one address.

use channels::{Account, event::What};
use simulator::{Act, Player, meta::Product};

use crate::house::{House, greta};

/// Another account of the app, connected.
async fn sibling<P: Product>(house: &House<P>, name: &str) -> (String, Account) {
    let key = house.player.open_sibling(&house.key, name).unwrap();
    let token = house.player.token(&key).unwrap();
    let account = house.changed(&[(P::ACCOUNT, &key), ("page_access_token", &token)]);
    house.channel().connect(&account, &house.connection, &house.net).await.unwrap();
    house.ear.accounts.lock().unwrap().push(account.clone());
    (key, account)
}

async fn apart<P: Product>(house: House<P>) {
    let (second, account) = sibling(&house, "Bolt").await;
    let says = |text: &str| Act::Text { text: text.into(), reply_to: None };
    house.player.act(&house.key, &greta(), says("to the first")).await.unwrap();
    house.player.act(&second, &greta(), says("to the second")).await.unwrap();
    let told: Vec<_> = house
        .heard()
        .into_iter()
        .map(|(whose, what)| match what {
            What::Message(message) => (whose, message.text),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected =
        [(house.key.clone(), "to the first".to_owned()), (second.clone(), "to the second".to_owned())];
    assert_eq!(told, expected);

    house.send_from(&account, crate::house::text("from the second")).await.unwrap();
    assert_eq!(house.player.chat(&second, &greta().id)[1].text, "from the second");
    assert_eq!(house.player.chat(&house.key, &greta().id).len(), 1, "the token says whose it is");
}

#[tokio::test]
async fn each_account_of_an_app_has_its_own() {
    apart(House::messenger().await).await;
    apart(House::instagram().await).await;
}

async fn together<P: Product>(house: House<P>) {
    let (second, _) = sibling(&house, "Bolt").await;
    let said = [(house.key.as_str(), &greta(), "one"), (second.as_str(), &greta(), "two")];
    let ids = house.player.write_together(&said).await.unwrap();
    let told: Vec<_> = house
        .heard()
        .into_iter()
        .map(|(whose, what)| match what {
            What::Message(message) => (whose, message.external_id),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(house.key.clone(), ids[0].clone()), (second, ids[1].clone())]);
}

#[tokio::test]
async fn one_callback_may_hold_several_accounts() {
    together(House::messenger().await).await;
    together(House::instagram().await).await;
}

/// Meta keeps the fields that were named last: whoever connects must not take away what another product of the same Page hears of.
#[tokio::test]
async fn connecting_takes_no_field_away() {
    let house = House::instagram().await;
    house.player.subscribe_to(&house.key, &["messages", "message_echoes", "message_reads", "feed"]);
    house.channel().connect(&house.account, &house.connection, &house.net).await.unwrap();
    let fields = house.player.subscribed_fields(&house.key);
    assert_eq!(fields, ["messages", "message_echoes", "message_reads", "feed"]);

    let house = House::messenger().await;
    let own = house.player.subscribed_fields(&house.key);
    assert!(
        own.iter().any(|field| field == "message_reads") && own.iter().any(|field| field == "standby"),
        "{own:?}"
    );
    house.player.subscribe_to(&house.key, &["feed"]);
    house.channel().connect(&house.account, &house.connection, &house.net).await.unwrap();
    let fields = house.player.subscribed_fields(&house.key);
    assert_eq!(fields.len(), own.len() + 1);
    assert!(fields.iter().any(|field| field == "feed"));
}
