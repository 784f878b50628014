package totp_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/totp"
)

// rfcSeed is the shared secret of both RFCs' test vectors.
var rfcSeed = []byte("12345678901234567890")

func TestCodesOfRFC4226(t *testing.T) {
	for step, want := range strings.Fields("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489") {
		if got := totp.Code(rfcSeed, int64(step)); got != want { // appendix D
			t.Errorf("counter %d: got %s, want %s", step, got, want)
		}
	}
}

func TestCodesOfRFC6238(t *testing.T) {
	for at, eightDigits := range map[int64]string{ // appendix B, the rows of SHA-1
		59:          "94287082",
		1111111109:  "07081804",
		1111111111:  "14050471",
		1234567890:  "89005924",
		2000000000:  "69279037",
		20000000000: "65353130",
	} {
		if got, want := totp.Code(rfcSeed, totp.Step(time.Unix(at, 0))), eightDigits[2:]; got != want {
			t.Errorf("at %d: got %s, want %s", at, got, want)
		}
	}
}

func TestACodeIsGoodForItsStepAndOneOnEitherSide(t *testing.T) {
	at := time.Unix(1234567890, 0) // the beginning of a step
	code := totp.Code(rfcSeed, totp.Step(at))
	for offset, want := range map[time.Duration]bool{
		-31 * time.Second: false, -30 * time.Second: true, -time.Second: true, 0: true,
		29 * time.Second: true, 30 * time.Second: true, 59 * time.Second: true, 60 * time.Second: false,
	} {
		step, ok := totp.Match(rfcSeed, code, at.Add(offset))
		if ok != want || ok && step != totp.Step(at) {
			t.Errorf("%v after its step began: got %d, %v, want %v", offset, step, ok, want)
		}
	}
}

func TestStepsBeforeTheEpochAreAsLong(t *testing.T) {
	for at, want := range map[int64]int64{-31: -2, -30: -1, -1: -1, 0: 0, 29: 0, 30: 1} {
		if got := totp.Step(time.Unix(at, 0)); got != want {
			t.Errorf("%d: got step %d, want %d", at, got, want)
		}
	}
}

func TestASeedIsReadBackByApps(t *testing.T) {
	seed := make([]byte, totp.SeedBytes)
	for i := range seed {
		seed[i] = byte(7 * i)
	}
	text := totp.Text(seed)
	back, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || string(back) != string(seed) || len(text) != 52 {
		t.Errorf("%q is read as %x, %v", text, back, err)
	}
}

// reference is RFC 4226 once more, by numbers instead of bytes.
func reference(seed []byte, step int64) string {
	counter := make([]byte, 8)
	new(big.Int).And(big.NewInt(step), new(big.Int).SetUint64(1<<64-1)).FillBytes(counter)
	mac := hmac.New(sha1.New, seed)
	mac.Write(counter)
	sum := new(big.Int).SetBytes(mac.Sum(nil))
	offset := uint(new(big.Int).And(sum, big.NewInt(15)).Int64())
	n := new(big.Int).Rsh(sum, 8*(20-4-offset))
	n.And(n, big.NewInt(1<<31-1)).Mod(n, big.NewInt(1000000))
	text := n.String()
	return strings.Repeat("0", 6-len(text)) + text
}

func FuzzMatch(f *testing.F) {
	f.Add(rfcSeed, "287082", int64(59))
	f.Add(rfcSeed, "", int64(0))
	f.Add([]byte{}, "000000", int64(-1))
	f.Add(rfcSeed, "２８７０８２", int64(59))
	f.Fuzz(func(t *testing.T, seed []byte, text string, at int64) {
		at %= 1 << 40
		step, ok := totp.Match(seed, text, time.Unix(at, 0))
		now := totp.Step(time.Unix(at, 0))
		matches := false
		for s := now - 1; s <= now+1; s++ {
			if s < 0 {
				continue // the reference counts from 1970
			}
			if want := reference(seed, s); totp.Code(seed, s) != want {
				t.Fatalf("step %d: got %s, want %s", s, totp.Code(seed, s), want)
			} else if want == text {
				matches = true
			}
		}
		if now > 1 && ok != matches || ok && (step < now-1 || step > now+1 || totp.Code(seed, step) != text) {
			t.Fatalf("%q at %d: got %d, %v", text, at, step, ok)
		}
	})
}
