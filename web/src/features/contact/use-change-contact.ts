import { useQueryClient } from "@tanstack/react-query";

import { contactKeys } from "@/api/contacts";
import { isProblem } from "@/api/problem";
import type { Contact, ContactChange } from "@/api/types";
import { changeContact } from "@/live/change-contact";
import { toast, toastError } from "@/ui/toast";

/** Saves a change of a contact; when somebody else was faster, shows theirs and says so instead of overwriting it. */
export function useChangeContact(contact: Contact | undefined): (change: ContactChange) => Promise<boolean> {
  const client = useQueryClient();
  return async (change) => {
    if (!contact) return false;
    try {
      await changeContact(client, contact, change);
      void client.invalidateQueries({ queryKey: contactKeys.lists });
      return true;
    } catch (error) {
      if (isProblem(error) && error.status === 409) {
        await client.invalidateQueries({ queryKey: contactKeys.one(contact.id), exact: true });
        toast("Somebody else changed this contact meanwhile. Their version is shown now; make your change again.", { negative: true });
      } else toastError(error);
      return false;
    }
  };
}
