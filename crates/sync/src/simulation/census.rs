use std::fmt;

macro_rules! census {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// What happened over trials.
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct Census { $($(#[$doc])* pub $name: u64),* }

        impl Census {
            /// Adds what happened elsewhere.
            pub fn add(&mut self, other: &Self) { $(self.$name += other.$name;)* }
        }

        impl fmt::Display for Census {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $(writeln!(f, "{:>12} {}", self.$name, $text)?;)*
                Ok(())
            }
        }
    };
}

census! {
    /// Seeds.
    seeds "seeds";
    /// Invoices.
    invoices "invoices";
    /// Credit notes among them.
    credit_notes "credit notes among them";
    /// Calls.
    calls "calls";
    /// Calls that had no effect.
    lost_before "calls lost before their effect";
    /// Calls whose answer was lost.
    lost_after "calls whose answer was lost";
    /// Calls that arrived after they were given up.
    late "calls that arrived after they were given up";
    /// Confirms whose answer did not come or said nothing certain.
    doubted_confirms "confirms whose answer did not come or says nothing certain";
    /// Confirms of a uid that was in the list still.
    confirmed_again "confirms made again because the uid was pending still";
    /// Deaths of agents.
    deaths "deaths of agents";
    /// Jumps of clocks.
    jumps "jumps of clocks";
    /// Leases taken over.
    leases "leases taken";
    /// Writes that were refused or of which nothing was known.
    book_faults "faults of the book";
    /// Restored backups.
    restores "restored backups";
    /// Changed machines.
    changes "changes of machine";
    /// Invoices of somebody else.
    foreign "invoices of a foreign client";
    /// Doubts that the list decided.
    by_list "doubts decided by the list: finalised";
    /// Doubts that counters decided so.
    by_counters_not "doubts decided by the counters: not finalised";
    /// Contradictions.
    contradicted "lists that the counters contradicted";
    /// Doubts after restores.
    restored_doubts "doubts after restored backups";
    /// Codes kept for jobs that had moved on.
    codes_kept "codes kept for jobs that had moved on";
    /// Settled from the portal's export.
    by_portal "invoices settled from the portal's export";
    /// Settled as not there.
    not_there "invoices that a person did not find in the portal";
    /// Acts of persons that were refused.
    refused_acts "acts of persons that were refused";
    /// Retried by hand.
    by_hand "invoices retried by hand";
    /// Withdrawn.
    withdrawn "invoices withdrawn";
    /// Synced in the end.
    synced "invoices synced in the end";
}
