package keyring

// Master is the key that wraps all others: 32 bytes from a file or the environment.
type Master struct{ key Secret }

// MasterFromFile reads the master key at path (mode 0600, or it refuses), or
// makes a new one there if create is true and the file does not exist.
func MasterFromFile(path string, create bool) (Master, error) { panic("not built yet") }

// MasterFromText takes the key as base64, as SALLYPORT_MASTER_KEY holds it.
func MasterFromText(text string) (Master, error) { panic("not built yet") }

// NewMaster makes a random key that lives as long as the process.
func NewMaster() Master { panic("not built yet") }
