package policy

// GuessKind is the kind that the elements of a document speak for.
func GuessKind(text []byte) Kind { return Identity }

type Finding struct {
	Line, Column int
	Severity     string
	Message      string
}

func Lint(kind Kind, text []byte) []Finding { return nil }
