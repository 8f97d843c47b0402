import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { ExternalLink, Hash, UserPlus } from "lucide-react";

import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Input } from "@/ui/field";
import { Empty, Failed, Lines } from "@/ui/states";
import { classes } from "@/lib/classes";
import { accounts, customer } from "./calls";
import { cast, newPerson } from "./cast";
import { Phone } from "./phone";
import { Room } from "./room";
import type { Account, Person } from "./types";

/** Be a customer: choose a platform and a person, write, and watch the inbox in another window. */
export function Playground() {
  const found = useQuery({ queryKey: ["accounts"], queryFn: accounts });
  const [chosen, setChosen] = useState<Account>();
  const [inRoom, setInRoom] = useState(false);
  const [people, setPeople] = useState(cast);
  const [person, setPerson] = useState<Person>(cast[0] ?? newPerson("Customer"));
  const account = chosen ?? found.data?.[0];

  return (
    <div className="flex min-h-dvh flex-col md:h-dvh md:flex-row">
      <aside className="flex flex-col gap-6 border-r bg-canvas p-5 max-md:border-b md:w-80 md:overflow-y-auto">
        <header>
          <div className="flex items-center gap-2.5">
            <img src="/favicon.svg" alt="" className="size-7" />
            <h1 className="text-lg font-semibold">Playground</h1>
          </div>
          <p className="mt-2 text-muted">Write as a customer and answer in the inbox. Nothing here leaves this machine: the platforms are played.</p>
          <Button asChild className="mt-3">
            <a href="/inbox" target="_blank" rel="noreferrer">
              <ExternalLink /> Open the inbox
            </a>
          </Button>
        </header>
        <section aria-label="Platform and account">
          <h2 className="mb-2 text-sm font-semibold">Where</h2>
          {found.isPending ? <Lines rows={2} /> : null}
          {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} className="py-3" /> : null}
          <div role="radiogroup" aria-label="Account" className={choices}>
            {found.data?.map((one) => (
              <Choice key={`${one.channel}/${one.account}`} chosen={one === account} onChoose={() => setChosen(one)}>
                <ChannelGlyph channel={one.channel} />
                <span className="truncate">{one.name}</span>
                <span className="ml-auto text-sm text-muted">{one.channel}</span>
              </Choice>
            ))}
          </div>
          {account?.channel === "slack" ? (
            <Button className="mt-2" aria-pressed={inRoom} onClick={() => setInRoom(!inRoom)}>
              <Hash /> {inRoom ? "Be a customer again" : "Be a colleague in the channel"}
            </Button>
          ) : null}
          {account?.page ? (
            <a href={account.page} target="_blank" rel="noreferrer" className="mt-2 inline-flex items-center gap-1.5 text-accent-text hover:underline">
              Open a page with the real window <ExternalLink className="size-3.5" />
            </a>
          ) : null}
        </section>
        <section aria-label="Customer">
          <h2 className="mb-2 text-sm font-semibold">Who</h2>
          <div role="radiogroup" aria-label="Customer" className={choices}>
            {people.map((one) => (
              <Choice key={one.digits} chosen={one.digits === person.digits} onChoose={() => setPerson(one)}>
                <Avatar name={one.name} seed={one.digits} size="sm" />
                <span className="truncate">{one.name}</span>
              </Choice>
            ))}
          </div>
          <NewCustomer
            onCreate={(made) => {
              setPeople([...people, made]);
              setPerson(made);
            }}
          />
        </section>
      </aside>
      <main className="flex min-h-0 flex-1 items-center justify-center bg-sunken p-4 max-md:min-h-[640px]">
        {account && inRoom && account.channel === "slack" ? (
          <Room account={account.account} />
        ) : account ? (
          <Seated key={`${account.channel}/${account.account}/${person.digits}`} account={account} person={person} />
        ) : found.data ? (
          <Empty text="No simulated account is connected. Start the hub in demo mode." />
        ) : null}
      </main>
    </div>
  );
}

/** One below the other beside the phone; in one line above it where there is no room beside. */
const choices = "flex flex-col gap-1 max-md:flex-row max-md:overflow-x-auto max-md:pb-1";

/** The person's phone, once the platform has said what it calls them. */
function Seated({ account, person }: { account: Account; person: Person }) {
  const { channel } = account;
  const called = useQuery({ queryKey: ["customer", channel, person.digits], queryFn: () => customer(channel, person), staleTime: Infinity });
  if (called.isError) return <Failed error={called.error} onRetry={() => void called.refetch()} />;
  if (!called.data) return <Lines rows={6} />;
  return <Phone seat={{ channel, account: account.account, customer: called.data }} name={account.name} />;
}

function Choice({ chosen, onChoose, children }: { chosen: boolean; onChoose: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      role="radio"
      aria-checked={chosen}
      onClick={onChoose}
      className={classes("flex h-10 shrink-0 items-center gap-2.5 rounded-md border px-3 text-left", chosen ? "border-accent bg-accent-quiet on-tint" : "border-transparent hover:bg-line/50")}
    >
      {children}
    </button>
  );
}

function NewCustomer({ onCreate }: { onCreate: (person: Person) => void }) {
  const [name, setName] = useState("");
  return (
    <form
      className="mt-2 flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) onCreate(newPerson(name.trim()));
        setName("");
      }}
    >
      <Input aria-label="Name of a new customer" placeholder="Somebody new" value={name} onChange={(event) => setName(event.target.value)} />
      <Button type="submit" className="h-9" disabled={!name.trim()}>
        <UserPlus /> Add
      </Button>
    </form>
  );
}
