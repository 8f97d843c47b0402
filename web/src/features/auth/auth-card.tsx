import type { FormEvent, ReactNode } from "react";

interface AuthCardProps {
  title: string;
  text?: string;
  onSubmit?: () => void;
  children: ReactNode;
  foot?: ReactNode;
}

/** The frame of every page that is seen before logging in. */
export function AuthCard({ title, text, onSubmit, children, foot }: AuthCardProps) {
  function submit(event: FormEvent) {
    event.preventDefault();
    onSubmit?.();
  }
  return (
    <main className="flex min-h-full flex-col items-center justify-center px-4 py-10">
      <div className="mb-6 flex items-center gap-2.5">
        <img src="/favicon.svg" alt="" className="size-8" />
        <span className="text-lg font-semibold">Switchboard</span>
      </div>
      <form onSubmit={submit} noValidate className="flex w-full max-w-sm flex-col gap-4 rounded-lg border bg-surface p-6">
        <div>
          <h1 className="text-xl font-semibold">{title}</h1>
          {text ? <p className="mt-1 text-muted">{text}</p> : null}
        </div>
        {children}
      </form>
      {foot ? <p className="mt-5 text-muted">{foot}</p> : null}
    </main>
  );
}
