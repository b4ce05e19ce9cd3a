//! How a run ends. The table is in docs/cli.md.

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to object to.
    Clean,
    /// A finding at or above the failing level.
    Findings,
    /// The command line or the configuration is wrong.
    Usage,
    /// The sources do not compile.
    Sources,
    /// A file, an outside program or the network failed.
    Outside,
    /// A bug of ours.
    Bug,
}

/// Which numbers say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ExitCodeStyle {
    /// 0 clean, 1 findings, 2 usage or configuration, 3 sources do not compile, 4 outside failure, 70 bug
    #[default]
    Protopact,
    /// 0 clean, 100 findings or sources that do not compile, 1 anything else; the default rules are buf's FILE
    Buf,
}

impl Exit {
    /// The exit code.
    pub fn code(self, style: ExitCodeStyle) -> u8 {
        match (style, self) {
            (_, Exit::Clean) => 0,
            (ExitCodeStyle::Protopact, Exit::Findings) => 1,
            (ExitCodeStyle::Protopact, Exit::Usage) => 2,
            (ExitCodeStyle::Protopact, Exit::Sources) => 3,
            (ExitCodeStyle::Protopact, Exit::Outside) => 4,
            (ExitCodeStyle::Protopact, Exit::Bug) => 70,
            // Measured with 1.75: compile errors are annotations there, as findings are.
            (ExitCodeStyle::Buf, Exit::Findings | Exit::Sources) => 100,
            (ExitCodeStyle::Buf, Exit::Usage | Exit::Outside | Exit::Bug) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        let all = [Exit::Clean, Exit::Findings, Exit::Usage, Exit::Sources, Exit::Outside, Exit::Bug];
        assert_eq!(all.map(|e| e.code(ExitCodeStyle::Protopact)), [0, 1, 2, 3, 4, 70]);
        assert_eq!(all.map(|e| e.code(ExitCodeStyle::Buf)), [0, 100, 1, 100, 1, 1]);
    }
}
