package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// tokenSet is what a person got by signing in.
type tokenSet struct {
	User    string    `json:"user"` // as they named themselves
	Access  string    `json:"accessToken"`
	ID      string    `json:"idToken"`
	Refresh string    `json:"refreshToken"`
	Type    string    `json:"tokenType"`
	Expires time.Time `json:"expires"` // of the access token
}

// newTokenSet keeps the refresh token of before where no new one came.
func newTokenSet(r *types.AuthenticationResultType, user, refresh string) (*tokenSet, error) {
	t := &tokenSet{
		User: user, Access: aws.ToString(r.AccessToken), ID: aws.ToString(r.IdToken), Refresh: aws.ToString(r.RefreshToken), Type: aws.ToString(r.TokenType),
		Expires: time.Now().Add(time.Duration(r.ExpiresIn) * time.Second),
	}
	if t.Access == "" {
		return nil, errors.New("the user pool signed somebody in and gave no token")
	}
	if t.Refresh == "" {
		t.Refresh = refresh
	}
	return t, nil
}

// printJSON prints what the service itself would answer.
func printJSON(out io.Writer, t *tokenSet) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		AccessToken  string
		ExpiresIn    int64
		IdToken      string
		RefreshToken string `json:",omitempty"`
		TokenType    string
	}{t.Access, int64(time.Until(t.Expires).Round(time.Second) / time.Second), t.ID, t.Refresh, t.Type})
}

func printAccess(out io.Writer, t *tokenSet) error {
	_, err := fmt.Fprintln(out, t.Access)
	return err
}

func printID(out io.Writer, t *tokenSet) error {
	if t.ID == "" {
		return errors.New("the user pool gave no ID token")
	}
	_, err := fmt.Fprintln(out, t.ID)
	return err
}

func printEnv(out io.Writer, t *tokenSet) error {
	_, err := fmt.Fprintf(out, "export SALLYPORT_ACCESS_TOKEN=%s\nexport SALLYPORT_ID_TOKEN=%s\nexport SALLYPORT_REFRESH_TOKEN=%s\n", shellQuote(t.Access), shellQuote(t.ID), shellQuote(t.Refresh))
	return err
}

// shelf is where tokens of one client are kept: a file a person.
type shelf struct{ endpoint, pool, client string }

// saved is a file: with whom the tokens were got, because its name is a hash.
type saved struct {
	Endpoint string    `json:"endpoint"`
	Pool     string    `json:"userPool"`
	Client   string    `json:"client"`
	Tokens   *tokenSet `json:"tokens"`
}

func (s shelf) folder() (string, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return "", errors.New("there is no configuration folder to keep tokens in: set HOME or XDG_CONFIG_HOME")
	}
	return filepath.Join(base, "sallyport", "login"), nil
}

// prefix begins the names of the client's files.
func (s shelf) prefix() string { return hashed(s.endpoint, s.pool, s.client) + "-" }

func hashed(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// find returns what is kept for a user, or, if none is named, for the only one. nil is nothing.
func (s shelf) find(user string) (*tokenSet, error) {
	folder, err := s.folder()
	if err != nil {
		return nil, err
	}
	pattern := s.prefix() + "*.json"
	if user != "" {
		pattern = s.prefix() + hashed(user) + ".json"
	}
	files, err := fs.Glob(os.DirFS(folder), pattern)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	if len(files) > 1 {
		return nil, usageError{errors.New("tokens of several users are kept for this client: say which with --user")}
	}
	path := filepath.Join(folder, files[0])
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read the tokens in %s: remove the file, and sign out what it holds", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var kept saved
	if err := json.Unmarshal(text, &kept); err != nil || kept.Tokens == nil || kept.Endpoint != s.endpoint || kept.Pool != s.pool || kept.Client != s.client {
		return nil, fmt.Errorf("%s cannot be read: remove it", path)
	}
	return kept.Tokens, nil
}

// keep writes tokens where only this user reads them, all or nothing.
func (s shelf) keep(t *tokenSet) error {
	folder, err := s.folder()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(saved{s.endpoint, s.pool, s.client, t}, "", "  ")
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	var file *os.File
	if err == nil {
		file, err = os.CreateTemp(folder, "new-*") // mode 0600
	}
	if err != nil {
		return fmt.Errorf("the tokens cannot be kept: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(folder, s.prefix()+hashed(t.User)+".json"))
	}
	if err != nil {
		os.Remove(file.Name())
		return fmt.Errorf("the tokens cannot be kept: %w", err)
	}
	return nil
}
