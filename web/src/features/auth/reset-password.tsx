import { useState } from "react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { resetPassword } from "@/api/auth";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";
import { toast } from "@/ui/toast";
import { AuthCard } from "./auth-card";
import { useSubmit } from "./use-submit";

export function ResetPassword() {
  const navigate = useNavigate();
  const { token } = useSearch({ strict: false });
  const [password, setPassword] = useState("");
  const form = useSubmit(async () => {
    await resetPassword(token ?? "", password);
    toast("Your new password is set. Log in with it.");
    await navigate({ to: "/login", replace: true });
  });
  if (!token) {
    return (
      <AuthCard title="This link is incomplete">
        <p className="text-muted">Open the whole link from your mail, or ask for a new one.</p>
        <Button asChild look="primary">
          <Link to="/forgot-password">Ask for a new link</Link>
        </Button>
      </AuthCard>
    );
  }
  return (
    <AuthCard title="Set a new password" text="All other sessions are logged out." onSubmit={form.submit}>
      <Fault error={form.error} />
      <Field label="New password" error={form.fields.password}>
        {(props) => (
          <Input {...props} type="password" autoComplete="new-password" autoFocus required value={password} onChange={(event) => setPassword(event.target.value)} />
        )}
      </Field>
      <Button type="submit" look="primary" busy={form.busy} className="h-9">
        Set password
      </Button>
    </AuthCard>
  );
}
