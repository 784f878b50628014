package server

import (
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/courier"
	"github.com/sallyport/sallyport/internal/outbox"
)

// endOfSending is how long mails and texts that are under way may take to end
// when the server is told to stop.
const endOfSending = 5 * time.Second

// startCourier makes the outbox, and sends what it holds from now on.
func (s *services) startCourier(c config.Config, now *clock.Clock, logger *slog.Logger) error {
	ways, channels, err := waysOut(c, now)
	if err != nil {
		return err
	}
	s.outbox = outbox.New(s.db, s.keyring, channels...)
	carrying := courier.Start(courier.Config{Outbox: s.outbox, Ways: ways, Clock: now, Logger: logger})
	s.onClose(func() error { carrying.Close(endOfSending); return nil })
	return nil
}

// waysOut are the ways that messages leave by, and their channels. Messages of
// other channels stay in the outbox.
func waysOut(c config.Config, now *clock.Clock) (ways map[string]courier.Way, channels []string, err error) {
	ways = map[string]courier.Way{}
	if c.SMTP.Reveal() != "" {
		server, err := courier.ParseMailServer(c.SMTP)
		if err != nil {
			return nil, nil, err
		}
		if ways[outbox.Email], err = courier.NewSMTP(server, c.MailFrom); err != nil {
			return nil, nil, err
		}
		channels = append(channels, outbox.Email)
	}
	if c.SMSWebhook.Reveal() != "" {
		to, err := courier.ParseWebhook(c.SMSWebhook.Reveal())
		if err != nil {
			return nil, nil, err
		}
		ways[outbox.SMS] = courier.NewWebhook(to, c.SMSWebhookSecret, now)
		channels = append(channels, outbox.SMS)
	}
	return ways, channels, nil
}
