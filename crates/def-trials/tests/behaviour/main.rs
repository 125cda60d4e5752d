//! What a host sees of a device: every command, every refusal, every limit.

mod closures;
mod commit;
mod credit_notes;
mod decay;
mod failing_cells;
mod firmware;
mod lights;
mod orders;
mod prepare;
mod proof;
mod reads;
mod reports;
mod reset;
mod self_test;
mod shop;
mod stand_by;
mod storage;
mod tamper;
mod time;
mod trust;
