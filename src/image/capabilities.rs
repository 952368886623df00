//! What a program may do without being root: the extended attribute `security.capability`, in the words of `getcap`.

/// The attribute's name.
pub(crate) const ATTRIBUTE: &str = "security.capability";

/// By number, as `linux/capability.h` has them.
const NAMES: &[&str] = &[
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
    "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
    "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
    "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
    "checkpoint_restore",
];

/// `cap_net_raw=ep`; `None` where the value is of no form that is known.
pub(crate) fn in_words(value: &[u8]) -> Option<String> {
    let words: Vec<u32> = value.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    let (magic, sets) = words.split_first()?;
    // Version 3 ends with the user who is root there.
    let (permitted, inheritable) = match (magic >> 24, sets) {
        (1, [permitted, inheritable]) => (u64::from(*permitted), u64::from(*inheritable)),
        (2, [low, low_inheritable, high, high_inheritable])
        | (3, [low, low_inheritable, high, high_inheritable, _]) => {
            let both = |low: &u32, high: &u32| u64::from(*low) | u64::from(*high) << 32;
            (both(low, high), both(low_inheritable, high_inheritable))
        }
        _ => return None,
    };
    let effective = magic & 1 == 1;
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for number in 0..64_usize {
        let has = |set: u64| set >> number & 1 == 1;
        let flags: String =
            [(effective && (has(permitted) || has(inheritable)), 'e'), (has(inheritable), 'i'), (has(permitted), 'p')]
                .into_iter()
                .filter_map(|(is_set, flag)| is_set.then_some(flag))
                .collect();
        if flags.is_empty() {
            continue;
        }
        let name = NAMES.get(number).map_or_else(|| number.to_string(), |name| format!("cap_{name}"));
        match groups.iter_mut().find(|(found, _)| *found == flags) {
            Some((_, names)) => names.push(name),
            None => groups.push((flags, vec![name])),
        }
    }
    let text: Vec<String> = groups.into_iter().map(|(flags, names)| format!("{}={flags}", names.join(","))).collect();
    Some(text.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_named_as_getcap_does() {
        let version_2 = |effective: u8, permitted: u32, inheritable: u32| {
            let words = [0x0200_0000 | u32::from(effective), permitted, inheritable, 0, 0];
            words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>()
        };
        assert_eq!(in_words(&version_2(1, 1 << 13, 0)).unwrap(), "cap_net_raw=ep");
        assert_eq!(in_words(&version_2(0, 1 << 13 | 1 << 12, 1)).unwrap(), "cap_chown=i cap_net_admin,cap_net_raw=p");
        assert_eq!(in_words(b"what?"), None);
    }
}
