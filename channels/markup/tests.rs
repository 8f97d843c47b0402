//! Every dialect, both ways.

mod any_text;
mod read;

use super::*;

const DIALECTS: [Markup; 4] = [Markup::Whatsapp, Markup::Slack, Markup::Discord, Markup::Html];

/// What the marks say, as `style:text`.
fn said(marked: &Marked) -> Vec<String> {
    let name = |style: &Style| match style {
        Style::Link(url) => format!("link({url})"),
        Style::Mention(id) => format!("mention({id})"),
        style => format!("{style:?}").to_lowercase(),
    };
    marked
        .marks
        .iter()
        .map(|mark| format!("{}:{}", name(&mark.style), &marked.text[mark.start..mark.end]))
        .collect()
}

#[test]
fn agents_write_a_small_markup() {
    type Case = (&'static str, &'static str, &'static [&'static str]);
    let cases: [Case; 33] = [
        ("plain", "plain", &[]),
        (
            "*bold* and _italic_, ~gone~",
            "bold and italic, gone",
            &["bold:bold", "italic:italic", "strike:gone"],
        ),
        ("**bold** ~~gone~~", "bold gone", &["bold:bold", "strike:gone"]),
        ("*_both_*", "both", &["bold:both", "italic:both"]),
        ("*a _b* c_", "a _b c_", &["bold:a _b"]),
        ("(*bold*)", "(bold)", &["bold:bold"]),
        ("5 * 3 * 2, 5*3*2, a_b_c, snake_case_name", "5 * 3 * 2, 5*3*2, a_b_c, snake_case_name", &[]),
        ("__init__ and ****", "__init__ and ****", &[]),
        ("* not bold*", "* not bold*", &["item:* not bold*"]),
        ("*not\nbold*", "*not\nbold*", &[]),
        ("*open", "*open", &[]),
        ("`a *b* c` *d*", "a *b* c d", &["code:a *b* c", "bold:d"]),
        ("`` ` ``", "`` ` ``", &[]),
        ("```let a = *b*;\nc```", "let a = *b*;\nc", &["pre:let a = *b*;\nc"]),
        ("``````", "``````", &[]),
        ("```open", "```open", &[]),
        ("> said\n> so\nno", "said\nso\nno", &["quote:said\nso"]),
        ("> a\n>\n> b\n>\nc", "a\n\nb\n>\nc", &["quote:a\n\nb"]),
        ("a > b", "a > b", &[]),
        (">", ">", &[]),
        ("> *bold*", "bold", &["quote:bold", "bold:bold"]),
        ("- one\n- *two*", "- one\n- two", &["item:- one", "item:- two", "bold:two"]),
        ("1. one\n12) two", "1. one\n12) two", &["item:1. one", "item:12) two"]),
        ("-5 degrees", "-5 degrees", &[]),
        ("[here](https://x.org/a_(b)) now", "here now", &["link(https://x.org/a_(b)):here"]),
        ("[*here*](mailto:a@b.c)", "here", &["bold:here", "link(mailto:a@b.c):here"]),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))", &[]),
        ("[x] (https://x.org)", "[x] (https://x.org)", &["link(https://x.org):https://x.org"]),
        (
            "see https://x.org/_a_/*b*.",
            "see https://x.org/_a_/*b*.",
            &["link(https://x.org/_a_/*b*):https://x.org/_a_/*b*"],
        ),
        ("*https://x.org*", "https://x.org", &["bold:https://x.org", "link(https://x.org):https://x.org"]),
        ("(https://x.org/a)", "(https://x.org/a)", &["link(https://x.org/a):https://x.org/a"]),
        ("@[Ada L](U1) @ada a@[b](c)", "@Ada L @ada a@b", &["mention(U1):@Ada L", "mention(c):@b"]),
        ("👋*é*👋", "👋é👋", &["bold:é"]),
    ];
    for (written, text, marks) in cases {
        let marked = parse(written);
        assert_eq!(marked.text, text, "{written}");
        assert_eq!(said(&marked), marks, "{written}");
    }
}

#[test]
fn every_dialect_says_it_its_way() {
    let cases = [
        (
            "*b* _i_ ~s~ `c`",
            "*b* _i_ ~s~ `c`",
            "*b* _i_ ~s~ `c`",
            "**b** _i_ ~~s~~ `c`",
            "<b>b</b> <i>i</i> <s>s</s> <code>c</code>",
            "b i s c",
        ),
        (
            "a < b & c > d",
            "a < b & c > d",
            "a &lt; b &amp; c &gt; d",
            "a \\< b & c > d",
            "a &lt; b &amp; c &gt; d",
            "a < b & c > d",
        ),
        ("> q\nx", "> q\nx", "> q\nx", "> q\nx", "<blockquote>q</blockquote>x", "> q\nx"),
        (
            "```a\n<b>```",
            "```a\n<b>```",
            "```a\n&lt;b&gt;```",
            "```\na\n<b>```",
            "<pre>a&#10;&lt;b&gt;</pre>",
            "a\n<b>",
        ),
        (
            "- a\n- b\nc",
            "- a\n- b\nc",
            "- a\n- b\nc",
            "- a\n- b\nc",
            "<ul><li>a</li><li>b</li></ul>c",
            "- a\n- b\nc",
        ),
        (
            "3. a\n4. b",
            "3. a\n4. b",
            "3. a\n4. b",
            "3. a\n4. b",
            "<ol><li value=\"3\">a</li><li value=\"4\">b</li></ol>",
            "3. a\n4. b",
        ),
        (
            "[w](https://x.org/?a=1&b=2)",
            "w (https://x.org/?a=1&b=2)",
            "<https://x.org/?a=1&amp;b=2|w>",
            "[w](https://x.org/?a=1&b=2)",
            "<a href=\"https://x.org/?a=1&amp;b=2\">w</a>",
            "w (https://x.org/?a=1&b=2)",
        ),
        (
            "https://x.org/_a_",
            "https://x.org/_a_",
            "<https://x.org/_a_>",
            "https://x.org/_a_",
            "<a href=\"https://x.org/_a_\">https://x.org/_a_</a>",
            "https://x.org/_a_",
        ),
        (
            "[a@b.c](mailto:a@b.c)",
            "a@b.c",
            "<mailto:a@b.c|a@b.c>",
            "a@b.c",
            "<a href=\"mailto:a@b.c\">a@b.c</a>",
            "a@b.c",
        ),
        ("@[Ada](U123)", "@Ada", "<@U123>", "@Ada", "@Ada", "@Ada"),
        ("@[Ada](123)", "@Ada", "@Ada", "<@123>", "@Ada", "@Ada"),
        (
            "@everyone <@1> a*b # c\n# d",
            "@everyone <@1> a*b # c\n# d",
            "@everyone &lt;@1&gt; a*b # c\n# d",
            "@\u{200b}everyone \\<@1> a\\*b # c\n\\# d",
            "@everyone &lt;@1&gt; a*b # c<br># d",
            "@everyone <@1> a*b # c\n# d",
        ),
        (
            "a  b\n\n \"c\"",
            "a  b\n\n \"c\"",
            "a  b\n\n \"c\"",
            "a  b\n\n \"c\"",
            "a &nbsp;b<br><br>&nbsp;&quot;c&quot;",
            "a  b\n\n \"c\"",
        ),
    ];
    for (written, whatsapp, slack, discord, html, plain) in cases {
        assert_eq!(translate(written, Markup::Whatsapp), whatsapp);
        assert_eq!(translate(written, Markup::Slack), slack);
        assert_eq!(translate(written, Markup::Discord), discord);
        assert_eq!(translate(written, Markup::Html), html);
        assert_eq!(translate(written, Markup::Plain), plain);
    }
}

#[test]
fn ranges_count_characters_and_come_back() {
    let marked = parse("👋 *bold* and [w](https://x.org) https://y.org");
    let ranges = marked.ranges();
    let found: Vec<_> =
        ranges.iter().map(|range| (range.style.as_str(), range.start, range.length)).collect();
    assert_eq!(found, [("bold", 2, 4), ("link", 11, 1)]);
    assert_eq!(
        write(&Marked::from_ranges(&marked.text, &ranges)),
        "👋 *bold* and [w](https://x.org) https://y.org"
    );
}

#[test]
fn mentions_get_their_names() {
    let marked = read("hi <@12>, <#14> and <@13>", Markup::Discord);
    let named = marked.with_names(|id| (id != "13").then(|| format!("Ada {id}")));
    assert_eq!(named.text, "hi @Ada 12, #Ada 14 and @13");
    assert_eq!(said(&named), ["mention(12):@Ada 12", "mention(14):#Ada 14", "mention(13):@13"]);
}

#[test]
fn stretches_that_overlap_are_closed_and_opened_again() {
    let range = |start, length, style: &str| crate::message::FormatRange {
        start,
        length,
        style: style.into(),
        url: None,
    };
    let marked = Marked::from_ranges("one two three", &[range(0, 7, "bold"), range(4, 9, "italic")]);
    assert_eq!(render(&marked, Markup::Html), "<b>one <i>two</i></b><i> three</i>");
    assert_eq!(render(&marked, Markup::Whatsapp), "*one _two_*_ three_");
}

#[test]
fn a_long_row_of_marks_is_read_in_no_time() {
    for piece in [
        "*a ",
        "`",
        "[",
        "<",
        "https://x) ",
        "> \n",
        "@[",
        "```",
        "_*~",
        ")",
        "**",
        "||",
        "<@",
        "<b>",
        "</b>",
        "&",
    ] {
        let text = piece.repeat(20_000 / piece.len());
        let began = std::time::Instant::now();
        parse(&text);
        for dialect in DIALECTS {
            read(&text, dialect);
            translate(&text, dialect);
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{piece}");
    }
}
