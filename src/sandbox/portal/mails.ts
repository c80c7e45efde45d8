export type MailKind = 'activation' | 'password' | 'invitation' | 'room';

/** Counts the mails that the portal has sent. The counts are lost on a restart. */
export class Mails {
  private readonly sent = new Map<string, number>();

  send(kind: MailKind, email: string): void {
    this.sent.set(`${kind} ${email.toLowerCase()}`, this.count(kind, email) + 1);
  }

  count(kind: MailKind, email: string): number {
    return this.sent.get(`${kind} ${email.toLowerCase()}`) ?? 0;
  }
}
