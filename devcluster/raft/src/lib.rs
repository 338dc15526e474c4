//! KRaft consensus as a protocol machine without I/O
