import { ContactTasks } from "@/features/tasks/contact-tasks";
import { callFor } from "./tasks";

/** The tasks in a contact's panel. */
export function PanelTasks(props: { contactId: string; conversationId?: string }) {
  return <ContactTasks {...props} call={callFor} />;
}
