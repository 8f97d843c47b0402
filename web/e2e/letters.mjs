// Letters as a mail service hands them over: an account of its own, and callbacks with whole letters in them.
import { png } from "./files.mjs";

const address = "care@northwind.example";
const secret = "callback-password-of-the-tests";

/** Connects a mail account that is called by its provider; answers a way to let somebody write to it. */
export async function connectLetters(hub, call) {
  const integration = await call("POST", "/integrations", {
    channel: "email",
    name: "Customer care",
    account: { address, sender_name: "Northwind Care", provider: "postmark", provider_secret: "token-of-the-tests", callback_secret: secret, api_base_url: "http://127.0.0.1:9" },
  });
  const path = new URL(integration.webhook_url).pathname;
  return async function write(number, raw) {
    const response = await fetch(`${hub.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Basic ${Buffer.from(`switchboard:${secret}`).toString("base64")}` },
      body: JSON.stringify({ MessageID: `pm-${number}`, OriginalRecipient: address, RawEmail: raw.replaceAll("\n", "\r\n") }),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  };
}

function head(id, from, subject, more = "") {
  return `Date: ${new Date().toUTCString()}\nFrom: ${from}\nTo: ${address}\nSubject: ${subject}\nMessage-ID: <${id}@letters.example>\nMIME-Version: 1.0\n${more}`;
}

/** A formatted letter with a table, a picture in the text (unless there is no `plan`) and what was said before. */
export function formatted({ plan = true, from = "Ines Duarte <ines@atelier.example>" } = {}) {
  const picture = Buffer.from(png(420, 160, [37, 99, 235])).toString("base64").replace(/.{76}/g, "$&\n");
  const html = `<h2>Purchase order 7741</h2><p>Dear team,</p><p>please find below what we would like to order for the <b>spring season</b>.</p>
${plan ? '<img src="cid:plan@atelier" alt="Plan of the shelf">' : ""}<table border="1" cellpadding="6" style="border-collapse:collapse"><tr><th>Item</th><th>Quantity</th><th>Delivery</th></tr><tr><td>Rain shell, green</td><td>40</td><td>March</td></tr><tr><td>Trail 30 backpack</td><td>25</td><td>April</td></tr></table>
<p>Could you confirm the prices by Friday? <a href="https://atelier.example/orders/7741">The order in our system</a></p><p>Kind regards<br>Ines</p>
<div class="gmail_quote">On Thu, Northwind Care wrote:<blockquote>Dear Ines, the price list for the spring is attached. Tell us what you need.</blockquote></div>`;
  const text = "Dear team,\n\nplease find below what we would like to order.\n\nKind regards\nInes\n\nOn Thu, Northwind Care <care@northwind.example> wrote:\n> Dear Ines, the price list for the spring is attached.\n> Tell us what you need.";
  return `${head("order", from, "Purchase order 7741 for the spring season", 'Cc: Marco Reis <marco@atelier.example>, "Accounts, Atelier" <accounts@atelier.example>\nContent-Type: multipart/related; boundary="R"\n')}
--R
Content-Type: multipart/alternative; boundary="A"

--A
Content-Type: text/plain; charset=utf-8

${text}
--A
Content-Type: text/html; charset=utf-8

${html}
--A--
${plan ? `--R\nContent-Type: image/png; name="plan.png"\nContent-Disposition: inline; filename="plan.png"\nContent-ID: <plan@atelier>\nContent-Transfer-Encoding: base64\n\n${picture}\n` : ""}--R--
`;
}

/** An invitation to a meeting in the thread of the formatted letter. */
export function invitation(from = "Ines Duarte <ines@atelier.example>") {
  return `${head("meeting", from, "Re: Purchase order 7741 for the spring season", 'In-Reply-To: <order@letters.example>\nReferences: <order@letters.example>\nContent-Type: multipart/mixed; boundary="B"\n')}
--B
Content-Type: text/plain; charset=utf-8

Shall we go through it together? I have sent you an invitation.
--B
Content-Type: text/calendar; charset=utf-8; method=REQUEST

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:spring-7741
SUMMARY:Spring order, prices and delivery
DTSTART;TZID=Europe/Lisbon:20270114T100000
DTEND;TZID=Europe/Lisbon:20270114T104500
ORGANIZER;CN=Ines Duarte:mailto:ines@atelier.example
ATTENDEE:mailto:${address}
LOCATION:Atelier, second floor
SEQUENCE:1
END:VEVENT
END:VCALENDAR
--B--
`;
}
