import { useState } from "react";
import { Link } from "@tanstack/react-router";

import { forgotPassword } from "@/api/auth";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";
import { AuthCard } from "./auth-card";
import { useSubmit } from "./use-submit";

export function ForgotPassword() {
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const form = useSubmit(async () => {
    await forgotPassword(email);
    setSent(true);
  });
  const back = (
    <Link to="/login" className="text-accent-text underline underline-offset-2">
      Back to log in
    </Link>
  );
  if (sent) {
    return (
      <AuthCard title="Look into your mail" foot={back}>
        <p>
          If <strong>{email}</strong> has an account, a link to set a new password is on its way. It works for one hour.
        </p>
      </AuthCard>
    );
  }
  return (
    <AuthCard title="Forgot your password?" text="We send you a link to set a new one." onSubmit={form.submit} foot={back}>
      <Fault error={form.error} />
      <Field label="E-mail" error={form.fields.email}>
        {(props) => <Input {...props} type="email" autoComplete="username" autoFocus required value={email} onChange={(event) => setEmail(event.target.value)} />}
      </Field>
      <Button type="submit" look="primary" busy={form.busy} className="h-9">
        Send the link
      </Button>
    </AuthCard>
  );
}
