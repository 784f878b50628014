package server_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/compromised"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/server"
)

// The operator's list is used from the start of the server, and one that would
// find nothing keeps it from starting.
func TestTheOperatorsListOfCompromisedPasswords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hashes.txt")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(fmt.Sprintf("%X:42\r\n", sha1.Sum([]byte("Breached-Horse-1"))))
	w := start(t, config.Config{CompromisedPasswords: path}, nil)
	pool, err := w.pools.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("pizza")})
	if err != nil {
		t.Fatal(err)
	}
	create := func(password string) error {
		_, err := w.pools.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{UserPoolId: pool.UserPool.Id, Username: aws.String("ann"), TemporaryPassword: &password})
		return err
	}
	var refusal *idptypes.InvalidPasswordException
	if err := create("Breached-Horse-1"); !errors.As(err, &refusal) {
		t.Errorf("a password of the list: %v", err)
	}
	if err := create("Another-Horse-1"); err != nil {
		t.Error(err)
	}

	write("123456\npassword\n")
	settings := resolve(t, config.Config{}, map[string]string{config.EnvCompromisedPasswords: path})
	if s, err := server.Start(t.Context(), settings, slog.New(slog.DiscardHandler)); !errors.Is(err, compromised.ErrForm) {
		t.Errorf("a list of passwords themselves: %v", err)
		if err == nil {
			stop(t, s)
		}
	}
	settings.CompromisedPasswords = path + ".none"
	if _, err := server.Start(t.Context(), settings, slog.New(slog.DiscardHandler)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no list: %v", err)
	}
}
