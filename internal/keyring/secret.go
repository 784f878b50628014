package keyring

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that must not be printed. Every way of printing it gives
// "[redacted]"; Reveal is the one way to the text. The zero value is the empty text.
type Secret struct {
	// A pointer, because fmt reads unexported fields of a struct around this one without
	// asking Format; of a pointer it prints the address.
	text *string
}

func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text. Keep what it returns out of errors and logs.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

const redacted = "[redacted]"

// Format answers every verb and flag of fmt.
func (Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
