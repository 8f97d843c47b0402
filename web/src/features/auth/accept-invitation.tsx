import { useState } from "react";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { acceptInvitation } from "@/api/auth";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";
import { AuthCard } from "./auth-card";
import { useSubmit } from "./use-submit";

export function AcceptInvitation() {
  const navigate = useNavigate();
  const { token } = useSearch({ strict: false });
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const form = useSubmit(async () => {
    await acceptInvitation(token ?? "", name, password);
    await navigate({ to: "/inbox", replace: true });
  });
  if (!token) {
    return (
      <AuthCard title="This link is incomplete">
        <p className="text-muted">Open the whole link from your invitation, or ask who invited you for a new one.</p>
      </AuthCard>
    );
  }
  return (
    <AuthCard title="Join your team" text="If you already have an account, give its password." onSubmit={form.submit}>
      <Fault error={form.error} />
      <Field label="Your name" error={form.fields.name}>
        {(props) => <Input {...props} autoFocus required autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field label="Password" error={form.fields.password}>
        {(props) => (
          <Input {...props} type="password" autoComplete="new-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        )}
      </Field>
      <Button type="submit" look="primary" busy={form.busy} className="h-9">
        Join
      </Button>
    </AuthCard>
  );
}
