//! What the help shows of each command, in one place.

/// An example of a command.
pub(super) struct Example {
    /// The command, without `stelala`.
    pub(super) path: &'static str,
    /// More than a line about it, where its own documentation has one line only.
    pub(super) long: &'static str,
    /// Lines that can be typed.
    pub(super) lines: &'static str,
}

macro_rules! examples {
    ($($path:literal $long:literal $lines:literal;)*) => {
        /// One for each command.
        pub(super) const EXAMPLES: &[Example] = &[$(Example { path: $path, long: $long, lines: $lines }),*];
    };
}

/// The first page: commands by what one wants, and a first session.
pub(super) const TOP: &str = "\
{about-with-newline}
{usage-heading} {usage}

See it work:
  demo         A shop sells for a day at a simulated device; then all is judged
  up           Starts a cloud on this machine, and sells a day by its API
Judge:
  verify       Says whether a receipt, a payload or a journal is true
At the counter:
  device       A fiscal memory (DEF): set up, sell, report, save, simulate
  proxy        What runs beside a fiscal memory: tills, the way to the cloud, doctor
In the cloud:
  cloud        Runs a cloud; merchants, outlets, API keys, people, signing keys
  import       Seals a day of sales from another system's export
  ledger       Exports, backs up and restores what a cloud has sealed
  doctor       Says in sentences what is wrong with a cloud
  edef         The way to the tax authority: machines, invoices in doubt, a simulator
For trials:
  authority    Issues what commands devices of the development realm
  bench        Measures, in ratios against limits of the same run
This program:
  completions  Completes commands in your shell
  help         Says more of a command: stelala help device seal

Options:
{options}

A first session, in the repository; the first line keeps running, so give it a terminal of its own:
  stelala device simulate --state target/def --link target/def-port
  stelala authority activate --keys target/def/authority --device DEF-000001 --nif A2301457K \\
    --outlet KIN-GOMBE-01 --prefix KINGOMBE01 > target/code
  stelala device init --port target/def-port --code @target/code \\
    --public-key target/def/authority/operator.pem --key target/device.pem
  stelala device time --port target/def-port --authority target/def/authority
  stelala device seal --port target/def-port --till target/till --key target/device.pem --show \\
    examples/day/001-bread-and-eggs.json

Read more:
  README.md            what this is, and what to try
  docs/formats.md      payloads, records, QR codes, journals, byte by byte
  docs/protocol.md     how to talk to a device from any language
  SECURITY.md          what it withstands, and what not

Answers are in French, or English with --lang en; with --json they are for programs.
Exit codes: 0 done or true; 1 false or refused; 2 it could not be asked.
";

examples! {
    "demo" "" "  stelala demo --lang fr";
    "verify" "Says whether a receipt, a payload or a journal is true, and what that proves.\n\nIt needs no network and no \
        clock, and shares no code with what stores invoices. Exit code: 0 when nothing is false, 1 when something is, 2 \
        when the question could not be asked."
        "  stelala verify journal journal.jsonl --key DEF-000001.pem --lang en";
    "verify qr" "Says who sealed what, when and for how much, from the text of a receipt's QR code.\n\nThe code holds the \
        header of the record and its signature, not the articles: it proves their number and the total."
        "  zbarimg --raw -q receipt.png | stelala verify qr - --key DEF-000001.pem";
    "verify payload" "Says what is wrong with a canonical payload, and at which member.\n\nA payload has one form, byte \
        for byte (docs/formats.md, section 1); a newline at the end is one byte too many."
        "  stelala verify payload examples/day/001-bread-and-eggs.json";
    "verify journal" "Checks a journal file, record by record: chain, numbers, epochs, time, sums and seals.\n\nThe file is \
        what `stelala device dump` saves. With --head, a head that was kept elsewhere shows whether an end was cut off."
        "  stelala device dump --port /dev/ttyACM0 --out journal.jsonl\n  stelala verify journal journal.jsonl --key DEF-000001.pem";
    "verify export" "Checks an audit export: the signed list of its parts, each part against it, and all records as one \
        journal.\n\nWith --attester the list itself is proven; with --part one part is checked alone, and is true in part."
        "  stelala verify export audit/ --key CLOUD-01.pem --attester attester.pem";
    "device" "Speaks with a fiscal memory (DEF) at a serial port or behind a serial server, or stands in for one.\n\nA new \
        device goes: init, time, seal; then z each day and dump from time to time. When something is wrong, status says \
        what to do. Exit code: 0 obeyed, 1 refused, 2 it could not be asked."
        "  stelala device status --port /dev/ttyACM0";
    "device status" "" "  stelala device status --port /dev/ttyACM0 --lang en\n  stelala device status --port tcp://192.168.1.20:4001 --json";
    "device init" "" "  stelala device init --port /dev/ttyACM0 --code @code.txt --public-key operator.pem";
    "device time" "" "  stelala device time --port /dev/ttyACM0\n  stelala device time --port /dev/ttyACM0 --timestamp 2026-03-14T08:00:00 --signature KR8Y…\n  stelala device time --port target/def-port --authority target/def/authority";
    "device seal" "" "  stelala device seal --port /dev/ttyACM0 --till till examples/day/001-bread-and-eggs.json --show\n  stelala device seal --port /dev/ttyACM0 --till till --format text,pdf --paper 58 sales/*.json\n  stelala device seal --port /dev/ttyACM0 --till till";
    "device reprint" "" "  stelala device reprint KINGOMBE01-0-00000105 --till till";
    "device withdraw" ""
        "  stelala device withdraw --port /dev/ttyACM0 --till till --why 'the client left' sale.json
  stelala device withdraw --port /dev/ttyACM0 --till till --why 'sold at till 2' --settled sale.json";
    "device log" "" "  stelala device log --port /dev/ttyACM0 105\n  stelala device log --port /dev/ttyACM0 0/105 --payload | stelala verify payload -";
    "device z" "" "  stelala device z --port /dev/ttyACM0\n  stelala device z --port /dev/ttyACM0 --date 2026-03-14 --json";
    "device x" "" "  stelala device x --port /dev/ttyACM0 --period day";
    "device a" "" "  stelala device a --port /dev/ttyACM0 --since 2026-03-01 --until 2026-03-31 --csv > march.csv";
    "device dump" "" "  stelala device dump --port /dev/ttyACM0 --out journal.jsonl";
    "device update" "" "  stelala device update --port /dev/ttyACM0 --order @order stelala-2026.12.01.bin";
    "device call" "" "  stelala device call --port /dev/ttyACM0 'QRY|LOG 105'\n  stelala device call --port /dev/ttyACM0 'CFG|ACK {\"token\":\"AUQF…\"}'";
    "device simulate" "" "  stelala device simulate --state target/def --link target/def-port";
    "device qemu" "" "  stelala device qemu --state target/qemu --link target/qemu-port";
    "proxy" "Runs the proxy beside a fiscal memory, and looks after it.\n\nThe proxy finds the device by USB, serves the tills of \
        the shop and opens the tunnel through which the cloud reaches the device. On a shop's machine the package \
        stelala-proxy runs it; when something is wrong, `stelala proxy doctor` says what to do."
        "  stelala proxy doctor\n  stelala proxy activate 7K2M-9Q4X-1C5V-8B3N";
    "proxy run" "Serves tills and the cloud until SIGTERM or Ctrl-C, and ends in good order.\n\nIt prints `listening at http://…` once \
        tills can ask; its log is on the standard error. What is being sealed at the end is sealed and kept. Started by \
        systemd it says when it is ready, how it is, and that it lives."
        "  stelala proxy run --config proxy.toml";
    "proxy doctor" "Says in sentences what is wrong with a proxy, its device and its way to the cloud.\n\nIt looks at the service, the \
        device and its port, the folder and its disk, the certificates and the cloud. It changes nothing, and asks the device \
        itself when no proxy runs. In French or English, as the terminal speaks. Exit code 1 when something is wrong; notes do \
        not count."
        "  sudo stelala proxy doctor\n  stelala proxy doctor --config proxy.toml --lang en";
    "proxy activate" "Binds the device that is plugged in to its outlet, by the code that the operator gave.\n\nThe device makes its key, \
        proves that it has it, gets its certificate from the cloud and tests itself. The proxy has to run, and to reach the \
        cloud. A code is good once. After a lost answer the same command is safe."
        "  stelala proxy activate 7K2M-9Q4X-1C5V-8B3N";
    "proxy pair" "Tills of the local network that may sell through this proxy.\n\nPrograms on the proxy's machine need none of this. A till \
        pairs once by a code, and then holds a token that speaks for its pos_terminal_id and no other."
        "  sudo stelala proxy pair new TILL-1";
    "proxy pair new" "Makes a code by which one till pairs, and shows it once.\n\nThe code is good for ten minutes and five tries, for this till \
        only. It sends it to POST /v1/pairings. A till that pairs again loses the token that it had."
        "  sudo stelala proxy pair new TILL-1";
    "proxy pair list" "Lists the tills that are paired, and since when.\n\nTokens cannot be shown: only hashes of them are kept."
        "  sudo stelala proxy pair list";
    "proxy pair revoke" "Ends a till's token, and its code.\n\nA proxy that runs refuses the till from the next question on. Exit code 1 when there was \
        nothing to revoke."
        "  sudo stelala proxy pair revoke TILL-1";
    "proxy status" "Says how the proxy, its device and its tunnel are.\n\nThe proxy that runs on this machine is asked. Exit code 1 when the \
        device does not answer or seals nothing; `stelala proxy doctor` looks at more, and works without a proxy, too."
        "  stelala proxy status\n  stelala proxy status --json";
    "proxy config" "Prints a configuration with a comment for each member.\n\nWhat is commented out holds without it. The package \
        stelala-proxy installs it as /etc/stelala/proxy.toml."
        "  stelala proxy config > proxy.toml";
    "up" "" "  stelala up --dir target/cloud --port 8081";
    "cloud" "Runs a cloud, and looks after what it needs: merchants, outlets, API keys, people, tax manifests, signing \
        keys.\n\nA cloud seals what tills and programs send to POST /api/v1/invoices, and keeps it in a ledger on SQLite or \
        PostgreSQL. `cloud config` prints a configuration that explains itself; `stelala doctor` says what is missing. \
        These commands need no key: whoever has the machine may do everything, and the log of acts says so. Clouds that \
        run know at once what they change."
        "  stelala cloud config > cloud.toml\n  stelala cloud rotate-key --config cloud.toml\n  stelala cloud run --config cloud.toml";
    "cloud run" "Serves until SIGTERM or Ctrl-C, and ends in good order.\n\nIt prints `listening at http://…` once it \
        listens; its log is on the standard error. What was asked before the end is still answered."
        "  stelala cloud run --config cloud.toml";
    "cloud merchant" "Merchants whose outlets sell: taxpayers, each with people and keys of his own.\n\nNobody sees what is \
        another merchant's."
        "  stelala cloud merchant add --nif A2301457K --name 'Maman Nzuzi'";
    "cloud merchant add" "Makes a merchant.\n\nHis name may be changed by PATCH /api/v1/merchants/ID, and his NIF never: it \
        stands in what is sealed."
        "  stelala cloud merchant add --config cloud.toml --nif A2301457K --name 'Maman Nzuzi'";
    "cloud outlet" "Outlets whose sales are sealed.\n\nAn invoice of another outlet is refused with WRONG_OUTLET."
        "  stelala cloud outlet add --id KIN-GOMBE-01 --nif A2301457K --prefix KINGOMBE01";
    "cloud outlet add" "Makes an outlet of a merchant, here and in the ledger.\n\nThe merchant is the one with the NIF, and is \
        made when there is none. The ledger of the outlet begins with its first sale. Id, prefix and zone stand in its first \
        record and do not change."
        "  stelala cloud outlet add --config cloud.toml --id LUB-KENYA-03 --nif A2301457K --prefix LUBKENYA03 --zone lubumbashi";
    "cloud key" "Keys with which tills and programs ask.\n\nOnly hashes of them are kept, in the database. A key has a role and \
        reaches one outlet, a merchant or the platform."
        "  stelala cloud key new --outlet KIN-GOMBE-01";
    "cloud key new" "Makes an API key, and shows it once.\n\nThe key alone is on the standard output, and its id on the standard \
        error. Clouds that run know it at once. A cashier's key sells; a supervisor's also takes back and closes the day; a \
        manager's also makes keys and invites people; an auditor's only reads. --per-second and --burst raise its limit: \
        answers say in RateLimit-Policy which one it has."
        "  stelala cloud key new --outlet KIN-GOMBE-01 --role supervisor --name 'till 1' > till-1.key
  stelala cloud key new --merchant A2301457K --role auditor --expires 2027-03-14T08:00:00Z
  stelala cloud key new --operator";
    "cloud key list" "Lists the API keys, without their secrets.\n\nOne line each: its id, its role, whose things it reaches, \
        whether it is good, a limit of its own, and its name."
        "  stelala cloud key list --config cloud.toml";
    "cloud key revoke" "Ends an API key for ever.\n\nClouds that run refuse it within seconds. A second time changes nothing."
        "  stelala cloud key revoke key_7k2m9q4x1c5v8b3n6z0p --config cloud.toml";
    "cloud user" "People who sign in, with a password and, for owners and operators, a second factor.\n\nWho was invited \
        chooses his password himself: nobody else ever knows it."
        "  stelala cloud user invite --email me@example.cd --name 'Grace Ilunga' --operator";
    "cloud user invite" "Invites somebody, and shows the invitation once.\n\nThe invitation alone is on the standard output; the \
        line that accepts it is on the standard error. It is good for 72 hours and for one password."
        "  stelala cloud user invite --email grace@example.cd --name Grace --merchant A2301457K --role owner
  stelala cloud user invite --email me@example.cd --name Joseph --operator";
    "cloud manifest" "Tax groups and their rates, dated.\n\nA version once imported never changes, and leaves today and the past \
        as they are: another rate begins on a later day, at midnight in the zone of each outlet."
        "  stelala cloud manifest show > groups.json\n  stelala cloud manifest import groups.json";
    "cloud manifest import" "Takes a list of tax groups as the next version.\n\nWhat holds today has to stand in it as it is. \
        Clouds that run take it within seconds."
        "  stelala cloud manifest import --config cloud.toml groups.json";
    "cloud manifest show" "Prints a version of the list of tax groups, as a file that can be imported.\n\nThe newest, unless \
        another is named; version 0 is the one that everybody starts with."
        "  stelala cloud manifest show --config cloud.toml --version 0";
    "cloud device" "Fiscal devices of outlets: registered, activated, homologated, ended.\n\nA device is of one outlet for its \
        life, and an outlet has at most one active device. What needs a device that is connected, as switching an outlet to \
        it, a running cloud does: PUT /api/v1/outlets/ID/mode."
        "  stelala cloud device add --serial DEF-000123 --outlet KIN-GOMBE-01\n  stelala cloud device list";
    "cloud device add" "Expects a device at an outlet, and shows its activation code once.\n\nThe code alone is on the standard \
        output. A technician types it at the outlet within 72 hours; it activates this device only, once. Capitals, \
        hyphens, and O, I and L for the digits that they look like make no difference."
        "  stelala cloud device add --config cloud.toml --serial DEF-000123 --outlet KIN-GOMBE-01 > code";
    "cloud device code" "Makes a new activation code in the place of the one before, and shows it once.\n\nFor a device that was \
        registered and not yet activated: the code was lost, or its 72 hours are over."
        "  stelala cloud device code DEF-000123";
    "cloud device list" "Lists the devices and where in their lives they are.\n\nOne line each: serial number, outlet, state, \
        until when its activation code is good or its certificate holds, and when it was heard of last."
        "  stelala cloud device list --config cloud.toml";
    "cloud device show" "Says all that is known of a device.\n\nIts life, its certificates, what it said of itself last, and \
        who is wanted to seal at its outlet."
        "  stelala cloud device show DEF-000123";
    "cloud device homologate" "Notes that the authority lets a device seal.\n\nA device that waited for it is active then, and its \
        outlet may be switched to it. It may be noted before the device is plugged in."
        "  stelala cloud device homologate DEF-000123 --reference 'DGI 2026/1734'";
    "cloud device revoke" "Takes a device's leave to seal away.\n\nIts certificates are on the list of revoked ones at once; the \
        device learns of it when it is heard of next, and seals no more. If its outlet sealed with it, the cloud is wanted \
        to go on. Nothing leads back."
        "  stelala cloud device revoke DEF-000123 --reason 'seal broken'";
    "cloud device lost" "Says that a device is lost, stolen or broken.\n\nLike revoke, and its certificates are listed as \
        compromised. Where its outlet sealed with it, a forced switch opens a new epoch: PUT /api/v1/outlets/ID/mode with \
        \"force\"."
        "  stelala cloud device lost DEF-000123 --reason 'left in a taxi'";
    "cloud device decommission" "Takes a device out of use, for good.\n\nWhile its outlet seals with it, that is switched to the \
        cloud first."
        "  stelala cloud device decommission DEF-000123 --reason 'worn out'";
    "cloud ca" "The authority that signs the certificates of devices.\n\nIts key stays in the signer's store; its certificate \
        is signed by a root that is kept apart (`stelala authority ca`). The configuration's section [devices] says where \
        the certificates are."
        "  stelala cloud ca request > request.pem\n  stelala authority ca sign --root root --request request.pem > issuing.pem\n  stelala cloud ca install issuing.pem --root root/root.pem";
    "cloud ca request" "Prints what the root is to sign: this cloud's request for a certificate, PKCS#10 in PEM.\n\nKeys that \
        devices need and that are missing are made in the signer's store."
        "  stelala cloud ca request --config cloud.toml > request.pem";
    "cloud ca install" "Takes the certificate that the root signed.\n\nIt has to be for the signer's key, and signed by this root. \
        Clouds that run take it when they start again."
        "  stelala cloud ca install issuing.pem --root root/root.pem --config cloud.toml";
    "cloud ca show" "Says which certificates there are, and until when they hold.\n\nAnd which keys sign certificates, \
        orders and activations."
        "  stelala cloud ca show --config cloud.toml";
    "cloud ca device-root" "Prints the public key that devices have to have as their root, in PEM.\n\nFor trials: a simulated \
        device takes it. In production it is the manufacturer's, and not here."
        "  stelala cloud ca device-root > devices-root.pem\n  stelala device simulate --state def --link port --root devices-root.pem";
    "cloud rotate-key" "Makes a new sealing key in the signer's store, and retires the one before.\n\nThe key proves itself and \
        is published in /.well-known/fiscal-keys.json before it seals; what older keys sealed stays true. Clouds that run \
        take it within seconds. The first time it also makes the store, if that is a file."
        "  stelala cloud rotate-key --config cloud.toml";
    "cloud config" "Prints a configuration with a comment for each member.\n\nWhat is commented out holds without it, so that \
        as it is it runs on this machine."
        "  stelala cloud config > cloud.toml";
    "cloud openapi" "Prints the document of the API, as /openapi.json has it.\n\nFor programs that make clients of it; a cloud \
        that runs shows it for people at /docs."
        "  stelala cloud openapi > openapi.json";
    "import" "Seals a day of sales from another system's export, through a cloud's API.\n\nThe file is checked as a whole \
        before anything is sent; then good invoices are sealed in their order, 50 at once, and a report says what became of \
        each. Interrupted, it is finished by running it again: each invoice has a key of its outlet and number, and is \
        sealed once. The same number with another content is refused.\n\nNothing is guessed: what the file does not say, or \
        says in two ways, is refused and named by its line and column."
        "  stelala import day.csv --url https://cloud.example --key-file till.key --zone kinshasa";
    "ledger" "Looks after what a cloud has sealed: exports, backups, heads.\n\nEach works while clouds run, but for restore, \
        which fills an empty database. `stelala verify ledger` says whether a database is true."
        "  stelala ledger backup --config cloud.toml --out monday.backup";
    "ledger export" "Writes an outlet's records for an auditor: parts of 10,000, and a list of them that the attesting key \
        signs.\n\nIn the folder are the ledger's own records, keys.pem and attester.pem; what a device sealed is in a folder of \
        its name. Interrupted, it goes on where it was. The auditor compares the keys with /.well-known/fiscal-keys.json."
        "  stelala ledger export --config cloud.toml --outlet KIN-GOMBE-01 --since 2026-03-01 --until 2026-03-31 --out march\n  \
         stelala verify export march --trust march/keys.pem --attester march/attester.pem";
    "ledger backup" "Writes all that the database holds at one moment into a file.\n\nClouds go on meanwhile. The file is for \
        SQLite and PostgreSQL alike, and shows by itself if it was cut or changed. It holds names of clients, and no keys \
        that sign: keep the signer's store too, elsewhere."
        "  stelala ledger backup --config cloud.toml --out monday.backup";
    "ledger restore" "Fills an empty database from a backup, once all of it is found true.\n\nInvoices that were answered \
        after the backup are not in it, and their numbers are never given again: each outlet goes on in a new epoch, from 1, \
        and a flag in it says how far the old one is held."
        "  stelala ledger restore --config new-cloud.toml --from monday.backup";
    "ledger new-epoch" "Gives up an outlet's line of numbers, and begins another at 1 in a new epoch.\n\nFor a database that \
        went back behind the heads that were noted outside it, which a cloud refuses to serve, and for a signer that is lost. \
        The epoch is newer than all that is known here and in the file of heads. There is no way back: without \
        --yes it only says what it would give up."
        "  stelala ledger new-epoch --config cloud.toml --outlet KIN-GOMBE-01 --yes";
    "ledger heads" "Prints how far each outlet's ledger has come, as the file of heads has it.\n\nKept elsewhere, it shows \
        later that an end was cut off: `stelala verify ledger --heads FILE`."
        "  stelala ledger heads --config cloud.toml >> /media/usb/heads.jsonl";
    "ledger x" "Says what an outlet sold so far, as JSON with the members of a device's answer to RPT|X.\n\nIt closes nothing \
        and reads no invoice: the sums are counted as invoices are sealed."
        "  stelala ledger x --config cloud.toml --outlet KIN-GOMBE-01 --period day";
    "ledger z" "Closes an outlet's business day, or repeats what closed it: JSON with the members of a device's answer to \
        RPT|Z.\n\nThe closure is a sealed record of the outlet's chain. Clouds may seal meanwhile; asked again for the same \
        day, the answer is the same record."
        "  stelala ledger z --config cloud.toml --outlet KIN-GOMBE-01 --date 2026-03-14";
    "ledger a" "Says what an outlet sold article by article over business days, as JSON with the members of a device's \
        answer to RPT|A.\n\nIt reads the invoices of these days and no others. With --signed it is a JWS that the attesting \
        key signed over exactly this JSON."
        "  stelala ledger a --config cloud.toml --outlet KIN-GOMBE-01 --since 2026-03-01 --until 2026-03-31 --signed";
    "verify ledger" "Checks a cloud's database: each outlet's chain, and all that stands beside the records.\n\nIt believes \
        nothing of it: columns, heads, totals, sales, idempotency keys and what devices delivered are compared with what was \
        sealed. Clouds may run meanwhile. Without --heads it takes the configuration's file of heads, if that is there. \
        Exit code 1 when something is false."
        "  stelala verify ledger --config cloud.toml --heads /media/usb/heads.jsonl";
    "doctor" "Says in sentences what is wrong with a cloud.\n\nIt looks at the address and which cloud serves there, the \
        database and what that keeps, the signer and its passphrase or PIN, the clock, the heads file and who may ask. Exit \
        code 1 when the cloud cannot serve; notes do not count."
        "  stelala doctor --config cloud.toml";
    "authority" "" "  stelala authority new --out keys\n  stelala device simulate --state def --link port --root keys/root.pem";
    "authority new" "Makes the three keys of an authority in a new folder, all of them or none.\n\nroot signs activation codes; \
        dgi orders resets and revocations; operator sets clocks and acknowledges. Public halves are in NAME.pem, private \
        ones in NAME.key, for their owner only. Nothing is ever overwritten."
        "  stelala authority new --out keys";
    "authority ca" "The root of device certificates, kept apart from the cloud.\n\nIts key is in an encrypted file, on a \
        machine or a stick of its own. It signs the certificate of a cloud's authority, once in years, and nothing else."
        "  stelala authority ca new --out root";
    "authority ca new" "Makes a root: an encrypted key in root.keys, and its certificate in root.pem.\n\nAll of it or nothing, and \
        nothing is ever overwritten. It holds for 25 years."
        "  stelala authority ca new --out root --passphrase-file passphrase --name 'Root of fiscal devices'";
    "authority ca sign" "Prints the certificate of an issuing authority, signed by the root.\n\nThe request has to be signed by its \
        own key; whose key it is, on the standard error, is for you to compare. It holds for ten years unless said."
        "  stelala authority ca sign --root root --request request.pem > issuing.pem";
    "authority activate" "Prints an activation code, signed by the root.\n\n`stelala device init` sends it, with operator.pem, \
        and so binds a device to an outlet, its NIF, its prefix and its line of numbers, with a bound on what is sold \
        offline."
        "  stelala authority activate --keys keys --device DEF-000001 --nif A2301457K --outlet KIN-GOMBE-01 --prefix KINGOMBE01 --max-days 3";
    "authority time" "Prints the operator's signature over a time, for `CFG|TIME`.\n\nThe challenge is in the device's status \
        and holds for a minute. `stelala device time --authority` does both."
        "  stelala authority time --keys keys --device DEF-000001 --challenge 5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C --json";
    "authority reset" "Prints the dgi's order to open an epoch, for `ADM|RESET`.\n\nIt names the newest invoice of the device, \
        which the ledger has to have acknowledged: only then is anything erased."
        "  stelala authority reset --keys keys --device DEF-000001 --epoch 1 --newest 0/105:dff2…f651";
    "authority acknowledge" "Prints the operator's word that the ledger holds an invoice and all before it, for `CFG|ACK`.\n\nIt \
        re-arms the bound on what a device sells offline; with --revoke it also ends its selling."
        "  stelala authority acknowledge --keys keys --device DEF-000001 --newest 0/105:dff2…f651";
    "authority leave" "Prints the operator's order to leave an outlet's line of numbers, for `CFG|HANDOVER`.\n\nThe device seals \
        nothing more there; another signer goes on, by `authority enter`."
        "  stelala authority leave --keys keys --device DEF-000001 --epoch 0";
    "authority enter" "Prints the operator's order to go on where another signer left, for `CFG|HANDOVER`.\n\nIt names the next \
        number, the last record of the signer that left, and its time, before which nothing is sealed."
        "  stelala authority enter --keys keys --device DEF-000002 --epoch 0 --next 106 --previous dff2…f651 --floor 2026-03-14T18:30:00";
    "authority manifest" "Prints a list of tax groups signed by the operator, for `CFG|MANIFEST`.\n\nIt takes the place of the \
        list that the device has; each entry holds from a day on. A device takes newer versions only."
        "  stelala authority manifest --keys keys --device DEF-000001 --default --version 2";
    "authority firmware" "Prints the operator's order to take a newer firmware, for `ADM|FIRMWARE`.\n\nIt names the image \
        by its SHA-256: `stelala device update` sends both. Simulators have no place for another firmware, and refuse it."
        "  stelala authority firmware --keys keys --device DEF-000001 --image new.bin --build 18 --version 2026.12.01";
    "authority revoke" "Prints the dgi's order to seal no more, for `CFG|STATE`.\n\nThe device still answers questions, closes \
        and dumps. Nothing leads back."
        "  stelala authority revoke --keys keys --device DEF-000001 --reason stolen";
    "authority decommission" "Prints the dgi's order that ends a device's life, for `CFG|STATE`.\n\nDump its journal first, and \
        have it acknowledged."
        "  stelala authority decommission --keys keys --device DEF-000001 --reason worn-out";
    "edef" "The way to the tax authority's e-DEF service: its machines (e-MCF), invoices that wait or need a person, and a \
        simulator of it.\n\nA cloud that runs sends each invoice by itself; these commands work on its database. docs/edef.md \
        says what becomes of an invoice. Who has no contract with the DGI develops against the simulator: \
        docs/edef-simulator.md."
        "  stelala edef status --config cloud.toml\n  stelala edef simulate";
    "edef machine" "The authority's machines (e-MCF), to which invoices are sent: one for each shop.\n\nA token is sealed under \
        the deployment's secret before it is stored, and never shown again: only when it ends."
        "  stelala edef machine list --config cloud.toml --lang en";
    "edef machine add" "Registers an e-MCF with its token.\n\nThe invoices of its outlets go to it from then on, those that \
        wait too. The host has to be one of [authority] hosts in the configuration. One that was removed is taken up again \
        under its id."
        "  stelala edef machine add --config cloud.toml --url https://edef.dgirdc.cd --nim CD01002345-1 --nif A2301457K --isf STELALA-1 --outlet KIN-GOMBE-01 --token-file token";
    "edef machine list" "Shows the e-MCFs that are registered, without their tokens.\n\nEach with its id, NIM, address, \
        outlets, state, and when its token ends."
        "  stelala edef machine list --config cloud.toml --lang en";
    "edef machine change" "Changes address, token, outlets or how an e-MCF is spoken to.\n\nA new token also lets one work again \
        whose old token was refused."
        "  stelala edef machine change CD01002345-1 --config cloud.toml --token-file token\n  pass dgi/token | stelala edef machine change CD01002345-1 --config cloud.toml --token-file -";
    "edef machine pause" "Lets an e-MCF rest: nothing is sent to it, and its invoices wait.\n\nAfter an hour it is alerted."
        "  stelala edef machine pause CD01002345-1 --config cloud.toml";
    "edef machine resume" "Lets an e-MCF work again that rests or is blocked.\n\nWhat waits is sent, the oldest first."
        "  stelala edef machine resume CD01002345-1 --config cloud.toml";
    "edef machine remove" "Removes an e-MCF.\n\nNothing is sent to it any more, and its token is forgotten. What is known of \
        invoices in doubt stays."
        "  stelala edef machine remove CD01002345-1 --config cloud.toml";
    "edef status" "How the way to the authority stands.\n\nInvoices by outlet and state, the oldest that waits, e-MCFs with the \
        end of their token, and alerts with what to do. Exit code 1 while an alert lasts, but for that of a test service."
        "  stelala edef status --config cloud.toml --lang en";
    "edef alerts" "Lists what needs someone on the way to the authority, the newest first.\n\nA line has since when it is so, its \
        cause, what it is about, when it was told last, whose it is, and more of it. `status` says of each what it means and what to do."
        "  stelala edef alerts --config cloud.toml\n  stelala edef alerts --config cloud.toml --all --cause settled_by_person";
    "edef close-alert" "Says that somebody looked at an alert, with a reason that is kept.\n\nA second time it changes nothing. \
        One that was told again since --seen is not closed, and one that is told again afterwards comes again. What ends by itself when its reason does, such as backlog, is not closed."
        "  stelala edef close-alert handed_out hand-out-1773500000000 --config cloud.toml --seen 2026-03-14T14:53:20.000Z --reason 'compared with the portal'";
    "edef list" "Lists invoices by how they stand with the authority, the oldest first.\n\nWithout --state those that are not \
        done with. A line has the fiscal number, the type, when it was sealed, its state, since when and why, and its code or \
        its error."
        "  stelala edef list --config cloud.toml\n  stelala edef list --config cloud.toml --outlet KIN-GOMBE-01 --state AMBIGUOUS --state FAILED";
    "edef show" "Shows all that is known of an invoice on its way.\n\nIts uid, the times of its calls, what is in doubt and why, \
        the authority's elements, other invoices in doubt at the same e-MCF, and each change of state."
        "  stelala edef show KINGOMBE01-0-00000042 --config cloud.toml --lang en";
    "edef retry" "Has invoices sent again that are certainly not at the authority: RETRY, FAILED and DIFFERS.\n\nOne in doubt is \
        never sent again by this: `settle` says what became of it."
        "  stelala edef retry KINGOMBE01-0-00000042 --config cloud.toml\n  stelala edef retry --all --state FAILED --outlet KIN-GOMBE-01 --config cloud.toml";
    "edef settle" "Says what became of an invoice in doubt, as the authority's portal shows it.\n\nOnly one that is AMBIGUOUS or \
        SYNCED_WITHOUT_CODE is settled. The reason is kept, and the platform is told. The authority's own answer, should it \
        come, stands above what was typed."
        "  stelala edef settle KINGOMBE01-0-00000042 --config cloud.toml --code TEST-FEW7-3TJM-EJCG-FOCX-PDOX --nim CD01002345-1 --date-time '14/03/2026 09:32:10' --reason 'seen in the portal'\n  stelala edef settle KINGOMBE01-0-00000042 --config cloud.toml --not-there --reason 'not in the portal'";
    "edef withdraw" "Has an invoice that was refused, or differs, and its full cancellation never be sent.\n\nBoth are withdrawn \
        together, with a reason that is kept."
        "  stelala edef withdraw KINGOMBE01-0-00000042 --config cloud.toml --reason 'refused, and sold again'";
    "edef export" "Writes what is not at the authority into a file, under the authority's names.\n\nIt changes nothing, and \
        invoices go on being sent. Whoever types them into the portal takes the file with --hand-out: it has empty columns for \
        the authority's answers, and what is in it is not sent any more until they are imported, or the hand-out is given back."
        "  stelala edef export --config cloud.toml --hand-out --format xlsx --out by-hand.xlsx\n  stelala edef export --config cloud.toml --outlet KIN-GOMBE-01 --state FAILED --part items --out items.csv";
    "edef give-back" "Gives back what was handed out and not typed: it is sent again.\n\nOnly what nobody typed, nor will. Not \
        within an hour: what was typed a moment ago may not be seen in the portal yet."
        "  stelala edef give-back 1773500000000 --config cloud.toml --reason 'the portal was away too'";
    "edef import" "Reads the authority's codes from a CSV or XLSX file, and says row by row what came of it.\n\nThe file is our own \
        export that was filled in, or the export of the authority's portal. A row that is refused holds up no other. Exit code \
        1 when rows were refused, or what was called complete is not."
        "  stelala edef import portal.xlsx --config cloud.toml --dry-run\n  stelala edef import portal.csv --config cloud.toml --nim CD01002345-1 --complete --from 2026-03-01T00:00:00 --to 2026-03-14T12:00:00 --rows 1204";
    "edef simulate" "Stands in for the authority's service, with its paths, names, codes and limits, and faults on \
        demand.\n\nIt prints its address, a token for each e-MCF and a call that works, and serves until it is \
        interrupted. Its page shows what is pending and finalised, and sets faults. It has no password and therefore \
        listens on this machine only, unless told otherwise. None of its codes is worth anything. docs/edef-simulator.md \
        says what is known of the real service, and what is inferred."
        "  stelala edef simulate --state target/edef.db\n  stelala edef simulate --listen 127.0.0.1:9301 --profile parent --machines 3 --latency 200";
    "bench" "Measures in ratios against limits of the same run, so that the machine's speed does not matter.\n\nExit code 1 \
        when a limit is not kept."
        "  stelala bench core";
    "bench cloud" "Measures a cloud in this process over HTTP, in turns with a bare echo by the same HTTP stack and with bare \
        signing: invoices sealed and durable in a second, and how long each takes.\n\nIts key has a limit that no cloud reaches, which \
        the report says. To see a slower disk, preload \
        crates/cloud-trials/shim. Exit code 1 when a limit is not kept."
        "  stelala bench cloud\n  stelala bench cloud --records 1000000\n  stelala bench cloud --signer softhsm=/usr/lib/softhsm/libsofthsm2.so:stelala:1234";
    "bench core" "Measures what the core costs beside a bare signature.\n\nExit code 1 when a limit is not kept."
        "  stelala bench core --rounds 10";
    "bench device" "Measures what a device costs: PREPARE and COMMIT beside a bare signature, without and through the port, after \
        100,000 records, and its start.\n\nExit code 1 when a limit is not kept."
        "  stelala bench device";
    "bench dual" "Measures what tunnel and proxy add to a bare exchange on a device's port, and many outlets on one cloud.\n\nDevices \
        are simulated on threads; they, their proxies and the cloud are in this process. One sale is made at the port, one at \
        the cloud through its tunnel, one at the proxy, in turns. Exit code 1 when a limit is not kept."
        "  stelala bench dual\n  stelala bench dual --sales 1000 --outlets 0";
    "bench firmware" "Counts what PREPARE and COMMIT cost a Cortex-M33, in QEMU, and reckons from the parts' data sheets how \
        long they take on the board.\n\nIt builds firmware/cost of the clone in which it is called, and needs \
        qemu-system-arm. Exit code 1 when a limit is not kept."
        "  stelala bench firmware --rounds 3";
    "bench sync" "Drains a backlog to a simulated authority while sales go on, against what the authority's limits allow.\n\nCloud, \
        agent and authority are in this process. Exit code 1 when a limit is not kept."
        "  stelala bench sync --invoices 200 --outlets 10 --latency 50";
    "bench verify" "Measures a full audit of an export against the bare verification of its signatures, on all cores.\n\nThe \
        export is made once and kept; the audit is `stelala verify export`. The most memory is measured too. Exit code 1 when \
        a limit is not kept."
        "  stelala bench verify --records 100000";
    "completions" "" "  stelala completions bash > ~/.local/share/bash-completion/completions/stelala\n  stelala completions fish > ~/.config/fish/completions/stelala.fish";
}
