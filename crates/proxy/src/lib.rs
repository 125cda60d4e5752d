//! The daemon beside a fiscal memory: its port, its tills, its way to the cloud
