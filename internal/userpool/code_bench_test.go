package userpool_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/store"
)

// Asking for a code must take as long for nobody as for somebody.
func BenchmarkForgotPassword(b *testing.B) {
	const users = 4000
	w := newWorldOn(b, store.Options{File: filepath.Join(b.TempDir(), "data", "sallyport.db")})
	w.outbox.also = true
	pool := w.pool(mailing)
	c := hidingTo(w, pool)
	if _, err := w.service.Populate(b.Context(), *pool.Id, users, 1); err != nil {
		b.Fatal(err)
	}
	asked := 0
	for _, who := range []string{"user", "none"} {
		b.Run(map[string]string{"user": "somebody", "none": "nobody"}[who], func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for b.Loop() {
				name := fmt.Sprintf("%s%07d", who, asked%users)
				asked++
				if asked%users == 0 {
					b.StopTimer()
					w.clock.Advance(time.Hour) // an hour's allowance is used by no loop
					b.StartTimer()
				}
				if _, err := w.service.ForgotPassword(b.Context(), w.call(), &idp.ForgotPasswordInput{ClientId: c.ClientId, Username: aws.String(name)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
