//! Buttons and lists as blocks, made with the crate's kit. Limits: <https://docs.slack.dev/reference/block-kit>.

use slack_morphism::prelude::{
    SlackActionBlockElement, SlackActionId, SlackActionsBlock, SlackBlock, SlackBlockButtonElement,
    SlackBlockChoiceItem, SlackBlockMarkDownText, SlackBlockPlainTextOnly, SlackBlockStaticSelectElement,
    SlackContextBlock, SlackContextBlockElement, SlackHeaderBlock, SlackSectionBlock,
};

use super::errors::refused;
use crate::{SendError, abilities::Markup, markup, message::Button};

pub(super) const BODY_MAX: usize = 3000;
pub(super) const TITLE_MAX: usize = 75;
/// A button's value may be longer, a list's row's not.
pub(super) const ID_MAX: usize = 75;
pub(super) const BUTTONS_MAX: usize = 25;
pub(super) const ROWS_MAX: usize = 100;
/// What the ids of buttons begin with that only open an address: Slack tells of these as well.
pub(super) const LINK: &str = "link-";
const HEADER_MAX: usize = 150;

/// What a message with choices says, from top to bottom.
pub(super) struct Choices<'a> {
    pub(super) body: &'a str,
    pub(super) header: Option<&'a str>,
    pub(super) footer: Option<&'a str>,
    pub(super) buttons: &'a [Button],
    pub(super) list: bool,
}

/// The blocks, and the text that notifications show instead of them.
pub(super) fn blocks(choices: &Choices<'_>) -> Result<(Vec<SlackBlock>, String), SendError> {
    let most = if choices.list { ROWS_MAX } else { BUTTONS_MAX };
    if choices.buttons.is_empty() || choices.buttons.len() > most {
        return Err(refused("button_invalid", format!("Slack takes 1 to {most} of them.")));
    }
    let body = markup::translate(choices.body, Markup::Slack);
    if body.trim().is_empty() {
        return Err(refused("text_empty", "The text is empty."));
    }
    if body.chars().count() > BODY_MAX {
        return Err(refused("text_too_long", format!("Slack takes {BODY_MAX} characters above buttons.")));
    }
    let mut blocks: Vec<SlackBlock> = Vec::new();
    if let Some(header) = filled(choices.header) {
        let text: String = header.chars().take(HEADER_MAX).collect();
        blocks.push(SlackHeaderBlock::new(text.into()).into());
    }
    blocks.push(SlackSectionBlock::new().with_text(SlackBlockMarkDownText::new(body.clone()).into()).into());
    let elements = if choices.list { list(choices.buttons)? } else { buttons(choices.buttons)? };
    blocks.push(SlackActionsBlock::new(elements).into());
    if let Some(footer) = filled(choices.footer) {
        let text = markup::translate(footer, Markup::Slack);
        let element = SlackContextBlockElement::MarkDown(SlackBlockMarkDownText::new(text));
        blocks.push(SlackContextBlock::new(vec![element]).into());
    }
    Ok((blocks, body))
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn buttons(buttons: &[Button]) -> Result<Vec<SlackActionBlockElement>, SendError> {
    buttons.iter().enumerate().map(|(at, one)| button(at, one).map(Into::into)).collect()
}

/// Action ids must differ within a message; our own id is the value.
fn button(at: usize, button: &Button) -> Result<SlackBlockButtonElement, SendError> {
    let element = SlackBlockButtonElement::new(title(&button.title)?);
    let Some(address) = &button.url else {
        let element = element.with_action_id(SlackActionId(format!("choice-{at}")));
        return Ok(element.with_value(id(button)?));
    };
    let url =
        address.parse().map_err(|_| refused("button_invalid", format!("“{address}” is not an address.")))?;
    Ok(element.with_action_id(SlackActionId(format!("{LINK}{at}"))).with_url(url))
}

fn list(rows: &[Button]) -> Result<Vec<SlackActionBlockElement>, SendError> {
    let rows = rows.iter().map(|row| {
        let item = SlackBlockChoiceItem::new(title(&row.title)?, id(row)?);
        let description =
            filled(row.description.as_deref()).map(|text| text.chars().take(TITLE_MAX).collect::<String>());
        Ok(item.opt_description(description.map(SlackBlockPlainTextOnly::from)))
    });
    let rows = rows.collect::<Result<Vec<_>, SendError>>()?;
    let select = SlackBlockStaticSelectElement::new()
        .with_action_id(SlackActionId("choice".to_owned()))
        .with_options(rows);
    Ok(vec![SlackActionBlockElement::StaticSelect(select)])
}

fn title(title: &str) -> Result<SlackBlockPlainTextOnly, SendError> {
    match title.chars().count() {
        _ if title.trim().is_empty() => Err(refused("button_invalid", "A button has no title.")),
        1..=TITLE_MAX => Ok(title.into()),
        _ => Err(refused(
            "button_invalid",
            format!("The title “{title}” has more than {TITLE_MAX} characters."),
        )),
    }
}

fn id(button: &Button) -> Result<String, SendError> {
    match button.id.chars().count() {
        1..=ID_MAX => Ok(button.id.clone()),
        _ => {
            let detail = format!("The id of “{}” must have 1 to {ID_MAX} characters.", button.title);
            Err(refused("button_invalid", detail))
        }
    }
}
