/** Status pages as the REST interface answers them. */
export interface StatusGroup {
  name: string;
  checks: string[];
  tags: Record<string, string>;
  collapsed: boolean;
}

export interface StatusPage {
  id: string;
  version: number;
  slug: string;
  title: string;
  description: string;
  published: boolean;
  theme: string;
  language: string;
  domain: string;
  groups: StatusGroup[];
  showLatency: boolean;
  showBars: boolean;
  showIncidents: boolean;
  showMaintenance: boolean;
  subscribe: boolean;
  emailChannel: string;
  links: { label: string; url: string }[];
  footer: string;
  protected: boolean;
  url: string;
}

export interface StatusUpdate {
  at: string;
  state: string;
  text: string;
}

export interface StatusNote {
  id: string;
  version: number;
  kind: "incident" | "maintenance";
  title: string;
  impact: string;
  components: string[];
  startsAt?: string;
  endsAt?: string;
  updates: StatusUpdate[];
  notify: boolean;
}

export interface StatusSubscriber {
  id: string;
  kind: "email" | "webhook";
  address: string;
  confirmedAt: string | null;
  createdAt: string;
}
