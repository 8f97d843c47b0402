import { useState } from "react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { login } from "@/api/auth";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";
import { AuthCard } from "./auth-card";
import { useSubmit } from "./use-submit";

export function Login() {
  const navigate = useNavigate();
  const { next, email: given } = useSearch({ strict: false });
  const [email, setEmail] = useState(given ?? "");
  const [password, setPassword] = useState("");
  const form = useSubmit(async () => {
    await login(email, password);
    await navigate({ href: next?.startsWith("/") && !next.startsWith("//") ? next : "/inbox", replace: true });
  });

  return (
    <AuthCard
      title="Log in"
      onSubmit={form.submit}
      foot={
        <>
          New here? <Link to="/register" className="text-accent-text underline underline-offset-2">Create an organization</Link>
        </>
      }
    >
      <Fault error={form.error} />
      <Field label="E-mail" error={form.fields.email}>
        {(props) => <Input {...props} type="email" autoComplete="username" autoFocus required value={email} onChange={(event) => setEmail(event.target.value)} />}
      </Field>
      <Field label="Password" error={form.fields.password}>
        {(props) => (
          <Input {...props} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        )}
      </Field>
      <Button type="submit" look="primary" busy={form.busy} className="h-9">
        Log in
      </Button>
      <Link to="/forgot-password" className="self-center text-sm text-muted underline underline-offset-2 hover:text-text">
        Forgot your password?
      </Link>
    </AuthCard>
  );
}
