package userpool_test

import (
	"fmt"
	"testing"
)

// A pool whose function hangs has its share of what a node sends, however many
// messages wait for it.
func TestNobodysMessagesWaitBehindAnothersPool(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		stuck, other := newPostOffice(w, nil), newPostOffice(w, nil)
		end := make(chan struct{})
		defer close(end)
		other.brings = func(e event) (any, error) { // the function of both
			if e["userPoolId"] == *stuck.pool.Id {
				<-end
			}
			return e, nil
		}
		for i := range 300 {
			must(w.signUp(stuck.client, fmt.Sprint("ann", i), "email", "ann@example.com"))(t)
		}
		must(w.signUp(other.client, "bob", "email", "bob@example.com"))(t)
		w.until("bob's message", func() bool {
			for _, e := range w.functions.told("CustomEmailSender_SignUp") {
				if e["userName"] == "bob" {
					return true
				}
			}
			return false
		})
	})
}
