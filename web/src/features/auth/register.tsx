import { useState } from "react";
import { Link, useNavigate } from "@tanstack/react-router";

import { register } from "@/api/auth";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";
import { AuthCard } from "./auth-card";
import { useSubmit } from "./use-submit";

export function Register() {
  const navigate = useNavigate();
  const [organization, setOrganization] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const form = useSubmit(async () => {
    await register({ organization_name: organization, name, email, password });
    await navigate({ to: "/inbox", replace: true });
  });

  return (
    <AuthCard
      title="Create an organization"
      text="You become its owner; you can invite others at once."
      onSubmit={form.submit}
      foot={
        <>
          Have an account? <Link to="/login" className="text-accent-text underline underline-offset-2">Log in</Link>
        </>
      }
    >
      <Fault error={form.error} />
      <Field label="Organization" error={form.fields.organization_name}>
        {(props) => <Input {...props} autoFocus required autoComplete="organization" value={organization} onChange={(event) => setOrganization(event.target.value)} />}
      </Field>
      <Field label="Your name" error={form.fields.name}>
        {(props) => <Input {...props} required autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field label="E-mail" error={form.fields.email}>
        {(props) => <Input {...props} type="email" required autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />}
      </Field>
      <Field label="Password" help="Twelve characters or more are good; a sentence is better." error={form.fields.password}>
        {(props) => (
          <Input {...props} type="password" required autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} />
        )}
      </Field>
      <Button type="submit" look="primary" busy={form.busy} className="h-9">
        Create organization
      </Button>
    </AuthCard>
  );
}
