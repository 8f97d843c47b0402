import { useQueryClient } from "@tanstack/react-query";

import { contactKeys, patchContact } from "@/api/contacts";
import type { ContactChange } from "@/api/types";
import { isProblem } from "@/api/problem";
import type { Contact } from "@/api/types";
import { toast, toastError } from "@/ui/toast";

/** Saves a change of a contact; when somebody else was faster, shows theirs and says so instead of overwriting it. */
export function useChangeContact(contact: Contact | undefined): (change: ContactChange) => Promise<boolean> {
  const client = useQueryClient();
  return async (change) => {
    if (!contact) return false;
    const key = contactKeys.one(contact.id);
    client.setQueryData<Contact>(key, foresee(contact, change));
    try {
      client.setQueryData(key, await patchContact(contact.id, { ...change, version: contact.version }));
      void client.invalidateQueries({ queryKey: contactKeys.lists });
      return true;
    } catch (error) {
      client.setQueryData(key, contact);
      if (isProblem(error) && error.status === 409) {
        await client.invalidateQueries({ queryKey: key, exact: true });
        toast("Somebody else changed this contact meanwhile. Their version is shown now; make your change again.", { negative: true });
      } else toastError(error);
      return false;
    }
  };
}

/** Attributes are changed one by one: null takes one away, the others stay. */
function foresee(contact: Contact, change: ContactChange): Contact {
  const attributes = Object.fromEntries(Object.entries({ ...contact.attributes, ...change.attributes }).filter(([, value]) => value !== null));
  return { ...contact, ...change, attributes, version: contact.version };
}
