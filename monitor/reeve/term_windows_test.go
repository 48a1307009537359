package reeve

func ignoreTerm() {} // TerminateProcess can't be ignored
