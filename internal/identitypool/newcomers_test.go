package identitypool_test

import (
	"net/netip"
	"testing"
	"time"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

func TestStrangersMakeIdentitiesAtABoundedRate(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	now := w.clock.Now()
	from := func(address string, logins map[string]string) error {
		call := &access.Call{Time: now, Account: number, Source: netip.MustParseAddr(address), Record: new(audit.Record)}
		_, err := w.service.GetId(t.Context(), call, &ci.GetIdInput{IdentityPoolId: &pool, Logins: logins})
		return err
	}
	ann := w.login("ann")
	w.id(pool, ann)
	for range 1000 {
		if err := from("2001:db8:0:1::1", nil); err != nil {
			t.Fatal(err)
		}
	}
	const code, text = "TooManyRequestsException", "Rate exceeded"
	refused(t, from("2001:db8:0:1::1", nil), code, text)
	refused(t, from("2001:db8:0:1:ffff::2", nil), code, text) // an address that the same person has, too
	refused(t, from("2001:db8:0:1::1", w.login("ben")), code, text)
	for name, err := range map[string]error{
		"who is known already": from("2001:db8:0:1::1", ann),
		"another network":      from("2001:db8:0:2::1", nil),
		"an IPv4 address":      from("192.0.2.1", nil),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	now = now.Add(time.Second / 25)
	if err := from("2001:db8:0:1::1", w.login("ben")); err != nil {
		t.Error(err)
	}
	refused(t, from("2001:db8:0:1::1", nil), code, text)
}
