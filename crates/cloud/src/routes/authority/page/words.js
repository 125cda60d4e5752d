// What the page says, each in French and in English.
const WORDS = {
  title: ["Factures à la DGI", "Invoices at the DGI"],
  show: ["Montrer les factures", "Show the invoices"],
  off: [
    "Ce serveur n'envoie rien à la DGI : les factures restent en attente.",
    "This server sends nothing to the DGI: invoices stay pending.",
  ],
  summary: [
    (count, handed, oldest, stuck) => {
      const needs = `${number(stuck)} ${stuck > 1 ? "ont" : "a"} besoin d'une personne`;
      if (count === 0) return stuck === 0 ? "Rien n'attend : tout est à la DGI." : `Rien n'attend d'être envoyé, mais ${needs}.`;
      const given = handed > 0 ? ` (dont ${number(handed)} chez une personne qui les saisit)` : "";
      const waits = `${number(count)} pas encore à la DGI${given}${oldest ? `, la plus ancienne du ${when(oldest)}` : ""}`;
      return stuck === 0 ? waits : `${waits} ; ${needs}`;
    },
    (count, handed, oldest, stuck) => {
      const needs = `${number(stuck)} need${stuck === 1 ? "s" : ""} a person`;
      if (count === 0) return stuck === 0 ? "Nothing waits: all is at the DGI." : `Nothing waits to be sent, but ${needs}.`;
      const given = handed > 0 ? ` (${number(handed)} of them with a person who types them)` : "";
      const waits = `${number(count)} not yet at the DGI${given}${oldest ? `, the oldest of ${when(oldest)}` : ""}`;
      return stuck === 0 ? waits : `${waits}; ${needs}`;
    },
  ],
  alerts: ["À voir maintenant", "To look at now"],
  states: ["Où elles en sont", "How they stand"],
  machines: ["Machines de la DGI (e-MCF)", "Machines of the DGI (e-MCF)"],
  list: ["Factures", "Invoices"],
  no_machines: ["Aucune machine n'est enregistrée : rien ne peut être envoyé.", "No machine is entered: nothing can be sent."],
  add: ["Ajouter une machine", "Add a machine"],
  url: ["Adresse du service", "Address of the service"],
  add_nim: ["NIM : le numéro de l'e-MCF", "NIM: the number of the e-MCF"],
  reason: ["Comment le savez-vous ?", "How do you know?"],
  nim_hint: ["NIM, s'il n'est pas celui de l'envoi", "NIM, if it is not the one it was sent to"],
  isf: ["ISF : l'identifiant du système homologué", "ISF: the identifier of the homologated system"],
  add_outlets: ["Points de vente, séparés par des virgules", "Outlets, with commas between"],
  add_token: ["Jeton de l'e-MCF, du portail de la DGI", "Token of the e-MCF, from the DGI's portal"],
  new_token: ["Nouveau jeton", "New token"],
  replace_token: ["Remplacer le jeton", "Replace the token"],
  pause: ["Suspendre", "Pause"],
  resume: ["Reprendre", "Resume"],
  remove: ["Retirer", "Remove"],
  sure_remove: ["Retirer cette machine ? Ses factures attendront.", "Remove this machine? Its invoices will wait."],
  state: ["État", "State"],
  outlet: ["Point de vente", "Outlet"],
  all: ["tous", "all"],
  retry_all: ["Renvoyer toutes celles qui le peuvent", "Send all again that can be"],
  export_csv: ["Exporter (CSV)", "Export (CSV)"],
  export_xlsx: ["Exporter (Excel)", "Export (Excel)"],
  none: ["Aucune facture dans cet état.", "No invoice in this state."],
  more: ["La suite", "More"],
  import: ["Reprendre l'export du portail de la DGI", "Take the export of the DGI's portal"],
  import_hint: [
    "Un fichier CSV ou Excel avec les colonnes rn (ou uid), codeDEFDGI et nim ; sans nim, dites le NIM ci-dessous. Essayez d'abord : rien n'est changé par un essai.",
    "A CSV or Excel file with the columns rn (or uid), codeDEFDGI and nim; without nim, say the NIM below. Try it first: a trial changes nothing.",
  ],
  file: ["Fichier", "File"],
  complete: [
    "Il contient toutes les factures de sa période : celle qui n'y est pas n'est pas à la DGI",
    "It has all invoices of its period: one that is not in it is not at the DGI",
  ],
  absent: ["n'est pas à la DGI : elle est renvoyée", "is not at the DGI: it is sent again"],
  from: ["Du", "From"],
  to: ["Au", "To"],
  count: ["Nombre de factures que le portail affiche", "How many invoices the portal shows"],
  import_nim: ["NIM de l'e-MCF, si le fichier ne le dit pas", "NIM of the e-MCF, if the file does not say it"],
  try: ["Essayer", "Try"],
  import_now: ["Importer pour de bon", "Import for good"],
  retry: ["Renvoyer", "Send again"],
  settle: ["Dire ce qu'il en est", "Say what became of it"],
  who_settles: [
    "Seul l'opérateur, ou qui a le droit authority:settle (le propriétaire l'a), peut dire ce qu'il en est : dites-lui ce que montre le portail de la DGI.",
    "Only the operator, or who has the permission authority:settle (the owner has it), can say what became of it: tell them what the DGI's portal shows.",
  ],
  withdraw: ["Ne pas envoyer", "Do not send"],
  where_sold: [
    "L'avoir et la nouvelle vente se font là où la facture a été vendue : à la caisse, ou par l'API (/docs). Comparez d'abord les groupes de taxe avec ceux de la DGI.",
    "The credit note and the new sale are made where the invoice was sold: at the till, or by the API (/docs). Compare the tax groups with the DGI's first.",
  ],
  who_withdraws: [
    "« Ne pas envoyer » est à l'opérateur, ou à qui a le droit authority:settle (le propriétaire l'a).",
    "“Do not send” is for the operator, or who has the permission authority:settle (the owner has it).",
  ],
  settle_hint: [
    "Cherchez cette facture sur le portail de la DGI, puis dites ce que vous y avez vu. C'est inscrit au journal avec votre nom.",
    "Look for this invoice on the DGI's portal, then say what you saw. It is written into the log with your name.",
  ],
  finalised: ["Elle y est, avec ce code :", "It is there, with this code:"],
  code: ["Code DEF/DGI, 24 caractères", "Code DEF/DGI, 24 characters"],
  not_there: ["Elle n'y est pas : elle peut être renvoyée", "It is not there: it can be sent again"],
  settle_now: ["Enregistrer", "Save"],
  close: ["Fermer", "Close"],
  seen: ["Vu", "Seen"],
  why_seen: [
    "Qu'avez-vous vu ? C'est inscrit au journal avec votre nom, et l'alerte est fermée.",
    "What did you see? It is written into the log with your name, and the alert is closed.",
  ],
  why_withdraw: [
    "Pourquoi cette facture et son annulation ne doivent-elles pas être envoyées ?",
    "Why are this invoice and its cancellation not to be sent?",
  ],
  sealed: ["Scellée le", "Sealed"],
  since: ["Depuis", "Since"],
  next: ["Prochain essai", "Next try"],
  attempts: ["Essais", "Tries"],
  dgi_code: ["Code DGI", "DGI code"],
  difference: ["Différence", "Difference"],
  token_ends: ["Jeton jusqu'au", "Token until"],
  token_unknown: ["inconnu", "unknown"],
  outlets: ["Points de vente", "Outlets"],
  test: ["ESSAI", "TEST"],
  handed_out: ["Chez une personne qui les saisit", "With a person who types them"],
  oldest: ["La plus ancienne", "The oldest"],
  no_machine: ["sans machine", "without a machine"],
  machine_state: {
    ready: ["prête", "ready"],
    paused: ["suspendue", "paused"],
    blocked: ["bloquée", "blocked"],
    stopped: ["retirée", "removed"],
  },
  retried: [
    (count) => `${number(count)} facture${count > 1 ? "s" : ""} à renvoyer`,
    (count) => `${number(count)} invoice${count === 1 ? "" : "s"} to be sent again`,
  ],
  done: ["C'est fait.", "Done."],
  rows: [
    (rows) => `${number(rows)} ligne${rows > 1 ? "s" : ""} lue${rows > 1 ? "s" : ""}`,
    (rows) => `${number(rows)} row${rows === 1 ? "" : "s"} read`,
  ],
  states_of: {
    PENDING: ["en attente", "pending"],
    SUBMITTED: ["envoi en cours", "being sent"],
    SYNCED: ["à la DGI", "at the DGI"],
    RETRY: ["nouvel essai prévu", "to be tried again"],
    AMBIGUOUS: ["issue inconnue", "outcome unknown"],
    DIFFERS: ["montants différents", "amounts differ"],
    SYNCED_WITHOUT_CODE: ["à la DGI, code à reprendre", "at the DGI, code to be fetched"],
    FAILED: ["refusée", "refused"],
    WITHDRAWN: ["retirée de l'envoi", "withdrawn"],
  },
};

