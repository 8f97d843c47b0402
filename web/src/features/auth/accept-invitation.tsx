import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { acceptInvitation, lookAtInvitation } from "@/api/auth";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Fault, Lines } from "@/ui/states";
import { AuthCard } from "./auth-card";
import { useSubmit } from "./use-submit";

export function AcceptInvitation() {
  const { token = "" } = useSearch({ strict: false });
  const invitation = useQuery({ queryKey: ["invitation", token], queryFn: () => lookAtInvitation(token), enabled: token !== "", retry: false });
  if (!token) {
    return (
      <AuthCard title="This link is incomplete">
        <p className="text-muted">Open the whole link from your invitation, or ask who invited you for a new one.</p>
      </AuthCard>
    );
  }
  if (invitation.isPending) {
    return (
      <AuthCard title="Join your team">
        <Lines rows={4} />
      </AuthCard>
    );
  }
  if (invitation.isError) {
    return (
      <AuthCard title="This invitation cannot be used">
        <Fault error={invitation.error} />
        <p className="text-muted">If you have joined already, log in.</p>
        <Button asChild look="primary" className="h-9">
          <Link to="/login">Log in</Link>
        </Button>
      </AuthCard>
    );
  }
  return <Join token={token} {...invitation.data} />;
}

interface JoinProps {
  token: string;
  email: string;
  organization_name: string;
  role: string;
  has_account: boolean;
}

function Join({ token, email, organization_name: organization, role, has_account: known }: JoinProps) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const form = useSubmit(async () => {
    await acceptInvitation(token, known ? undefined : name, password);
    await navigate({ to: "/inbox", replace: true });
  });
  return (
    <AuthCard title={`Join ${organization}`} text={`As ${role}, with ${email}.`} onSubmit={form.submit}>
      <Fault error={form.error} />
      {known ? null : (
        <Field label="Your name" error={form.fields.name}>
          {(props) => <Input {...props} autoFocus required autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
      )}
      <Field label={known ? "Your password" : "Choose a password"} error={form.fields.password}>
        {(props) => (
          <Input {...props} type="password" autoComplete={known ? "current-password" : "new-password"} required value={password} onChange={(event) => setPassword(event.target.value)} />
        )}
      </Field>
      <Button type="submit" look="primary" busy={form.busy} className="h-9">
        Join
      </Button>
    </AuthCard>
  );
}
