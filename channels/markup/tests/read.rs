//! The platforms' dialects as they come in.

use super::*;

#[test]
fn slack_is_read() {
    type Case = (&'static str, &'static str, &'static [&'static str]);
    let cases: [Case; 9] = [
        ("a &lt;b&gt; &amp;amp; *c*", "a <b> &amp; c", &["bold:c"]),
        (
            "<@U1|ada> <@U2> <#C1|general> <!here> <!subteam^S1|@team>",
            "@ada @U2 #general @here @team",
            &[
                "mention(U1):@ada",
                "mention(U2):@U2",
                "mention(C1):#general",
                "mention():@here",
                "mention(S1):@team",
            ],
        ),
        ("<https://x.org/?a&amp;b|w &amp; v>", "w & v", &["link(https://x.org/?a&b):w & v"]),
        ("*<https://x.org>*", "https://x.org", &["bold:https://x.org", "link(https://x.org):https://x.org"]),
        ("<mailto:a@b.c|a@b.c>", "a@b.c", &["link(mailto:a@b.c):a@b.c"]),
        ("<!date^0^{date}|1 January>", "1 January", &[]),
        ("&gt; q &amp; r\nx", "q & r\nx", &["quote:q & r"]),
        ("&gt;&gt;&gt; q\nx", "q\nx", &["quote:q\nx"]),
        ("<unknown> <", "<unknown> <", &[]),
    ];
    for (written, text, marks) in cases {
        let marked = read(written, Markup::Slack);
        assert_eq!(
            (marked.text.as_str(), said(&marked)),
            (text, marks.iter().map(ToString::to_string).collect()),
            "{written}"
        );
    }
}

#[test]
fn discord_is_read() {
    type Case = (&'static str, &'static str, &'static [&'static str]);
    let cases: [Case; 10] = [
        (
            "**b** *i* _i_ __u__ ~~s~~ ||x||",
            "b i i u s x",
            &["bold:b", "italic:i", "italic:i", "underline:u", "strike:s", "spoiler:x"],
        ),
        ("***both***", "both", &["bold:both", "italic:both"]),
        ("un**believ**able", "unbelievable", &["bold:believ"]),
        ("\\*a\\* \\q C:\\_x", "*a* \\q C:_x", &[]),
        ("```rust\nfn a() {}\n```", "fn a() {}\n", &["pre:fn a() {}\n"]),
        (
            "<@12> <@!12> <@&13> <#14> <:wave:15> <a:dance:16>",
            "@12 @12 @13 #14 :wave: :dance:",
            &["mention(12):@12", "mention(12):@12", "mention(13):@13", "mention(14):#14"],
        ),
        ("<t:0:R>", "1970-01-01 00:00 UTC", &[]),
        (
            "<https://x.org> [w](https://y.org)",
            "https://x.org w",
            &["link(https://x.org):https://x.org", "link(https://y.org):w"],
        ),
        (">>> a\nb", "a\nb", &["quote:a\nb"]),
        ("a < b > c", "a < b > c", &[]),
    ];
    for (written, text, marks) in cases {
        let marked = read(written, Markup::Discord);
        assert_eq!(
            (marked.text.as_str(), said(&marked)),
            (text, marks.iter().map(ToString::to_string).collect()),
            "{written}"
        );
    }
}

#[test]
fn html_is_read() {
    type Case = (&'static str, &'static str, &'static [&'static str]);
    let cases: [Case; 15] = [
        ("<p>One</p>\n<p>Two  <b>three</b></p>", "One\nTwo three", &["bold:three"]),
        ("a<br>b<br/>\n<br>c", "a\nb\n\nc", &[]),
        ("<div><div>a</div></div><div>b</div>", "a\nb", &[]),
        ("<a href='https://x.org?a&amp;b'>w</a>", "w", &["link(https://x.org?a&b):w"]),
        ("<a href=\"javascript:alert(1)\">w</a>", "w", &[]),
        ("<script>alert('<b>')</script><style>p{}</style>x<!-- c -->y", "xy", &[]),
        (
            "<ul><li>a</li><li>b<ul></ul></li></ul><ol start=3><li>c<li>d</ol>e",
            "- a\n- b\n3. c\n4. d\ne",
            &["item:- a", "item:- b", "item:3. c", "item:4. d"],
        ),
        ("<blockquote>a<br>b</blockquote>c", "a\nb\nc", &["quote:a\nb"]),
        ("<pre>\n a\n  b</pre>c", " a\n  b\nc", &["pre: a\n  b"]),
        ("&lt;b&gt; &amp;amp; &euro;&#8364;&#x20AC; &nosuch; &", "<b> &amp; €€€ &nosuch; &", &[]),
        ("a < b and <3", "a < b and <3", &[]),
        ("<b><i>x</b>y</i>", "xy", &["bold:x", "italic:x"]),
        ("<img alt=\"a cat\"> <img>", "a cat", &[]),
        ("<td>a</td><td>b</td>", "a b", &[]),
        ("<b>never closed", "never closed", &["bold:never closed"]),
    ];
    for (written, text, marks) in cases {
        let marked = read(written, Markup::Html);
        assert_eq!(
            (marked.text.as_str(), said(&marked)),
            (text, marks.iter().map(ToString::to_string).collect()),
            "{written}"
        );
    }
}
