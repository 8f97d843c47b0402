//! What the demo's customers wrote, and what they were answered.

/// What a customer wrote, and what they were answered.
pub(super) struct Talk {
    pub channel: &'static str,
    pub id: &'static str,
    pub name: &'static str,
    pub lines: &'static [Line],
    pub label: Option<&'static str>,
}

pub(super) enum Line {
    Says(&'static str),
    Answered(&'static str),
    Noted(&'static str),
    Sends(f64, f64, &'static str),
}
use Line::{Answered, Noted, Says, Sends};

pub(super) const TALKS: &[Talk] = &[
    Talk {
        channel: "webchat",
        id: "lotte-brandt",
        name: "Lotte Brandt",
        label: Some("Orders"),
        lines: &[
            Says("Hi, I am on the page of the Trail 30. Does it fit into a cabin?"),
            Answered("Hi Lotte! It does: 52 × 31 × 20 cm, even when it is full."),
            Says("Lovely, then I take the green one."),
        ],
    },
    Talk {
        channel: "webchat",
        id: "idris-kane",
        name: "Idris Kane",
        label: None,
        lines: &[Says("The page of the size guide stays empty here. Which boots do I take with 27.5 cm?")],
    },
    Talk {
        channel: "whatsapp",
        id: "4915112345601",
        name: "Lena Hoffmann",
        label: Some("Orders"),
        lines: &[
            Says("Hi, I ordered the Fjell jacket on Monday, order 10482."),
            Says("Has it been sent yet? I am leaving for a trip on Friday."),
        ],
    },
    Talk {
        channel: "whatsapp",
        id: "5511987650002",
        name: "Rafael Souza",
        label: Some("Returns"),
        lines: &[
            Says("Bom dia! The boots are one size too small. Can I exchange them for a 43?"),
            Answered(
                "Bom dia Rafael! Yes, we can. We keep a pair in 43 for you. I am sending you a return label now.",
            ),
            Says("Perfect, thank you. Where should I drop the parcel?"),
        ],
    },
    Talk {
        channel: "telegram",
        id: "5000000101",
        name: "Yuki Tanaka",
        label: None,
        lines: &[
            Says("Hello, do you ship to Japan?"),
            Answered("Hello Yuki! We do, it takes five to eight working days."),
            Says("And how much is it for two items?"),
        ],
    },
    Talk {
        channel: "whatsapp",
        id: "447700900104",
        name: "Tom Whitfield",
        label: Some("Wholesale"),
        lines: &[
            Says("We run a small outdoor shop in Leeds and would like to carry your rain shells."),
            Noted("Sounds like a serious buyer. Ask for the expected quantity before quoting."),
            Says("Could somebody send us the wholesale price list?"),
        ],
    },
    Talk {
        channel: "telegram",
        id: "5000000102",
        name: "Amira Haddad",
        label: Some("Orders"),
        lines: &[
            Says("My parcel says delivered but there is nothing here."),
            Sends(52.5163, 13.3777, "Delivery address"),
            Says("This is the place, maybe the courier mixed up the entrances?"),
        ],
    },
    Talk {
        channel: "whatsapp",
        id: "34600000106",
        name: "Carmen Ruiz",
        label: None,
        lines: &[
            Says("¿Tenéis la mochila Trail 30 en verde?"),
            Answered("¡Hola Carmen! Sí, quedan cuatro en verde."),
            Says("¡Genial! La compro esta tarde."),
        ],
    },
    Talk {
        channel: "telegram",
        id: "5000000103",
        name: "Jonas Berg",
        label: Some("Returns"),
        lines: &[
            Says("The zip of my tent broke on the second night."),
            Says("I have photos and the receipt. What do you need?"),
        ],
    },
    Talk {
        channel: "whatsapp",
        id: "33600000108",
        name: "Élodie Martin",
        label: None,
        lines: &[
            Says("Bonjour, my discount code BIENVENUE does not work at checkout."),
            Answered(
                "Bonjour Élodie! The code needs a basket of 50 € or more. Yours is at 47 €, so I have lowered the limit for you.",
            ),
            Says("That is so kind, it worked. Merci!"),
        ],
    },
];
