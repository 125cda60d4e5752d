//! The figures, for people and for programs.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{
    budget::{CYCLES_PER_INSTRUCTION, Part, milliseconds, sum},
    limits::Verdict,
    measured::{Cost, Measured},
};

pub(super) fn print(measured: &Measured, verdict: &Verdict) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    instructions(&mut out, measured)?;
    calls(&mut out, measured)?;
    stacks(&mut out, measured)?;
    writeln!(
        out,
        "\nA sale of 5 lines on the board, in milliseconds; instructions take {CYCLES_PER_INSTRUCTION} cycles."
    )?;
    budget(&mut out, "PREPARE", &verdict.prepare)?;
    budget(&mut out, "COMMIT", &verdict.commit)?;
    budget(&mut out, "afterwards, while nobody waits (on average)", &verdict.idle)?;
    writeln!(out, "\n  ratio                                          measured     limit")?;
    for limit in &verdict.limits {
        writeln!(out, "{}", limit.ratio())?;
    }
    shortfalls(&mut out, verdict)?;
    Ok(())
}

fn instructions(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    let rounds = measured.costs.first().map_or(0, |cost| cost.rounds);
    writeln!(out, "Instructions of a Cortex-M33, mean of {rounds} sales; milliseconds at 150 MHz.\n")?;
    writeln!(
        out,
        "  {:<14}{:>6}{:>7}{:>14}{:>16}{:>11}{:>13}",
        "",
        "lines",
        "bytes",
        "instructions",
        "of them verify",
        "1 cycle",
        format!("{CYCLES_PER_INSTRUCTION} cycles")
    )?;
    for cost in &measured.costs {
        let (all, verification) = (cost.mean(cost.instructions), cost.mean(cost.verification));
        let (one, more) = (milliseconds(all), milliseconds(all) * CYCLES_PER_INSTRUCTION);
        let Cost { name, lines, bytes, .. } = cost;
        writeln!(
            out,
            "  {name:<14}{lines:>6}{bytes:>7}{all:>14.0}{verification:>16.0}{one:>8.2} ms{more:>10.2} ms"
        )?;
    }
    Ok(())
}

fn calls(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    writeln!(
        out,
        "\nWhat is asked of the parts, on average: calls of the element; of the flash, operations and bytes.\n"
    )?;
    writeln!(
        out,
        "  {:<14}{:>6}{:>6}{:>11}{:>7}{:>10}{:>7}{:>7}{:>7}{:>8}",
        "", "lines", "sign", "increment", "count", "programs", "bytes", "reads", "bytes", "erases"
    )?;
    for cost in measured.costs.iter().filter(|cost| cost.reads + cost.programs + cost.counter_reads > 0) {
        let Cost { name, lines, .. } = cost;
        let [sign, increment, count] =
            [cost.signatures, cost.increments, cost.counter_reads].map(|sum| cost.mean(sum));
        let [programs, programmed, reads, read, erases] =
            [cost.programs, cost.programmed_bytes, cost.reads, cost.read_bytes, cost.erases]
                .map(|sum| cost.mean(sum));
        writeln!(
            out,
            "  {name:<14}{lines:>6}{sign:>6.1}{increment:>11.1}{count:>7.1}{programs:>10.1}{programmed:>7.0}{reads:>7.1}\
             {read:>7.0}{erases:>8.2}"
        )?;
    }
    Ok(())
}

fn stacks(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    writeln!(out, "\nThe engine's deepest stack, in bytes; drivers and interrupts come on top.\n")?;
    for stack in &measured.stacks {
        writeln!(out, "  {:<30}{:>9}", stack.name, stack.bytes)?;
    }
    let deepest = measured.stacks.iter().map(|stack| stack.bytes).max().unwrap_or(0);
    writeln!(out, "  {:<30}{deepest:>9}", "deepest")
}

fn budget(out: &mut impl Write, name: &str, parts: &[Part]) -> io::Result<()> {
    writeln!(out, "\n  {name:<46}{:>10}{:>10}", "usual", "at most")?;
    for Part { name, time } in parts.iter().filter(|part| part.time.at_most > 0.0) {
        writeln!(out, "    {name:<44}{:>10.2}{:>10.2}", time.usual, time.at_most)?;
    }
    let all = sum(parts);
    writeln!(out, "    {:<44}{:>10.2}{:>10.2}", "sum", all.usual, all.at_most)
}

/// By how much a COMMIT takes too long, and what weighs most in it.
fn shortfalls(out: &mut impl Write, verdict: &Verdict) -> io::Result<()> {
    let weighs = |usual: bool| {
        let of = |part: &Part| if usual { part.time.usual } else { part.time.at_most };
        verdict
            .commit
            .iter()
            .max_by(|one, other| of(one).total_cmp(&of(other)))
            .map(|part| (part.name, of(part)))
    };
    for (limit, usual) in [(&verdict.limits[2], true), (&verdict.limits[3], false)] {
        if let (false, Some((part, time))) = (limit.kept, weighs(usual)) {
            let over = limit.value - limit.limit;
            writeln!(
                out,
                "\n  {} takes {over:.0} ms too long; {part} weighs most: {time:.0} ms.",
                limit.name
            )?;
        }
    }
    Ok(())
}

/// The same as one object; counts are means of the rounds.
pub(super) fn print_json(measured: &Measured, verdict: &Verdict) -> anyhow::Result<()> {
    let costs = measured.costs.iter().map(means).collect::<anyhow::Result<Vec<_>>>()?;
    let all = json!({
        "cycles_per_instruction": CYCLES_PER_INSTRUCTION,
        "costs": costs,
        "stack_bytes": measured.stacks,
        "budget_milliseconds": { "prepare": verdict.prepare, "commit": verdict.commit, "idle": verdict.idle },
        "limits": verdict.limits,
    });
    writeln!(io::stdout().lock(), "{all:#}")?;
    Ok(())
}

fn means(cost: &Cost) -> anyhow::Result<Value> {
    let Value::Object(fields) = serde_json::to_value(cost)? else { anyhow::bail!("a cost is an object") };
    let is_sum = |name: &str| !["lines", "bytes", "rounds"].contains(&name);
    let mean = |(name, value): (String, Value)| match value.as_u64() {
        Some(sum) if is_sum(&name) => (name, json!(cost.mean(sum))),
        _ => (name, value),
    };
    Ok(Value::Object(fields.into_iter().map(mean).collect::<Map<_, _>>()))
}
