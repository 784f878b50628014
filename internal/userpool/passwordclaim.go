package userpool

import (
	"encoding/base64"
	"time"

	"github.com/sallyport/sallyport/internal/srp"
)

// passwordClaim is what a client sends to prove a password by SRP: its own or
// that of its device.
type passwordClaim struct {
	proof, block []byte
	at           time.Time
}

// passwordClaim reads the claim from the answer to a challenge.
func (a attempt) passwordClaim() (c passwordClaim, err error) {
	for _, name := range []string{"PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"} {
		if a.parameters[name] == "" {
			return c, invalid(textMissing(name))
		}
	}
	if c.proof, err = base64.StdEncoding.Strict().DecodeString(a.parameters["PASSWORD_CLAIM_SIGNATURE"]); err != nil {
		return c, invalid("PASSWORD_CLAIM_SIGNATURE is not base64.")
	}
	c.block, err = base64.StdEncoding.Strict().DecodeString(a.parameters["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil || len(c.block) > maxBlock {
		return c, invalid("PASSWORD_CLAIM_SECRET_BLOCK is not base64.")
	}
	if c.at, err = srp.ParseTime(a.parameters["TIMESTAMP"]); err != nil {
		return c, invalid(textBadTimestamp)
	}
	return c, nil
}

// inTime refuses a claim whose time is too far from ours.
func (s *Service) inTime(c passwordClaim) error {
	if off := s.clock.NowFor(c.at).Sub(c.at); off > proofWindow || off < -proofWindow {
		return notAuthorized(textWrongPassword)
	}
	return nil
}
