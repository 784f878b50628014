package keyring

import "log/slog"

// Secret is text that must not be printed. Every way of printing it gives
// "[redacted]"; Reveal is the one way to the text.
type Secret struct{ text string }

func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text. Keep what it returns out of errors and logs.
func (s Secret) Reveal() string { return s.text }

const redacted = "[redacted]"

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
