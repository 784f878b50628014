package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"golang.org/x/sys/unix"
)

// desk is a program with a terminal of its own, at which a test sits.
type desk struct {
	*program
	keys *os.File
}

func sitAt(t testing.TB, env []string, args ...string) *desk {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	check(t, err)
	check(t, unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	check(t, err)
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	check(t, err)
	defer terminal.Close()
	d := &desk{&program{cmd: exec.Command(sallyport(t), args...), out: new(screen), err: new(screen)}, keys}
	shown := new(screen)
	d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr = terminal, d.out, d.err
	d.cmd.Env = append(os.Environ(), env...)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	check(t, d.cmd.Start())
	read := make(chan struct{})
	go func() {
		defer close(read)
		buffer := make([]byte, 4096)
		for {
			n, err := keys.Read(buffer)
			shown.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		d.kill()
		keys.Close()
		<-read
	})
	d.program.out, d.program.err = shown, d.err // what shows waits for is the terminal
	return d
}

func (d *desk) types(t testing.TB, text string) {
	t.Helper()
	_, err := d.keys.WriteString(text + "\n")
	check(t, err)
}

// totp is RFC 6238 as authenticator apps have it.
func totp(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(secret, "="))
	check(t, err)
	mac := hmac.New(sha1.New, key)
	check(t, binary.Write(mac, binary.BigEndian, at.Unix()/30))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

func TestATerminalShowsNoPasswordAndSetsUpASecondFactor(t *testing.T) {
	w, address := newTown(t)
	pool := w.pool(nil)
	_, err := w.SetUserPoolMfaConfig(t.Context(), &idp.SetUserPoolMfaConfigInput{UserPoolId: &pool, MfaConfiguration: "ON",
		SoftwareTokenMfaConfiguration: &idptypes.SoftwareTokenMfaConfigType{Enabled: true}})
	check(t, err)
	app := w.app(pool, nil)
	w.user(pool, "ann", "")
	env := []string{"SALLYPORT_LISTEN=" + address, "HOME=" + t.TempDir()}
	args := []string{"login", "--user-pool", pool, "--client", aws.ToString(app.ClientId), "--user", "ann", "--output", "id-token"}

	d := sitAt(t, env, args...)
	d.shows(t, "", "Password: ")
	d.types(t, loginPassword)
	shown := d.shows(t, "", "Code that the app shows: ")
	secret := regexp.MustCompile(`\n  ([A-Z2-7]{16,})\r?\n`).FindStringSubmatch(shown)
	if secret == nil || !strings.Contains(shown, "otpauth://totp/Sallyport:ann?issuer=Sallyport&secret="+secret[1]) {
		t.Fatalf("it shows %s", shown)
	}
	now := time.Now()
	d.types(t, totp(t, secret[1], now))
	if code := d.exits(t); code != exitDone || strings.Contains(d.out.String(), loginPassword) || strings.Contains(d.err.String(), secret[1]) {
		t.Fatalf("it ends with %d and shows %s%s", code, d.out, d.err)
	}

	// The next time it asks for a code, which works once.
	d = sitAt(t, env, args...)
	d.shows(t, "", "Password: ")
	d.types(t, loginPassword)
	d.shows(t, "", "Code of your authenticator app")
	d.types(t, totp(t, secret[1], now.Add(30*time.Second)))
	if code := d.exits(t); code != exitDone || strings.Contains(d.out.String(), loginPassword) {
		t.Errorf("it ends with %d and shows %s%s", code, d.out, d.err)
	}
	d = sitAt(t, env, args...)
	d.shows(t, "", "Password: ")
	d.types(t, loginPassword)
	d.shows(t, "", "Code of your authenticator app")
	d.types(t, "000000")
	if code := d.exits(t); code != exitFailed || !strings.HasPrefix(d.err.String(), "sallyport: ") {
		t.Errorf("of a wrong code it makes %d %s", code, d.err)
	}

	// Ctrl-C is heard while it waits, and leaves a terminal that shows what is typed.
	d = sitAt(t, env, args...)
	d.shows(t, "", "Password: ")
	_, err = d.keys.Write([]byte{3})
	check(t, err)
	if code := d.exits(t); code != exitFailed || d.err.String() != "sallyport: interrupted\n" {
		t.Errorf("it ends with %d: %s", code, d.err)
	}
	settings, err := unix.IoctlGetTermios(int(d.keys.Fd()), unix.TCGETS)
	if err != nil || settings.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal stays blind: %v", err)
	}
}

// Who cannot see the secret is not given one.
func TestWithoutATerminalNoFactorIsSetUp(t *testing.T) {
	w, address := newTown(t)
	pool := w.pool(nil)
	_, err := w.SetUserPoolMfaConfig(t.Context(), &idp.SetUserPoolMfaConfigInput{UserPoolId: &pool, MfaConfiguration: "ON",
		SoftwareTokenMfaConfiguration: &idptypes.SoftwareTokenMfaConfigType{Enabled: true}})
	check(t, err)
	app := w.app(pool, nil)
	w.user(pool, "ann", "")
	cmd := exec.Command(sallyport(t), "login", "--user-pool", pool, "--client", *app.ClientId, "--user", "ann", "--password-stdin")
	cmd.Env = append(os.Environ(), "SALLYPORT_LISTEN="+address)
	cmd.Stdin = strings.NewReader(loginPassword + "\n000000\n")
	out, err := cmd.CombinedOutput()
	if err == nil || string(out) != "sallyport: a second factor must be set up, which this command does at a terminal only\n" {
		t.Errorf("%v: %s", err, out)
	}
}
