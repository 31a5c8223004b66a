// Command etcd is the store of the test control plane: one member, loopback
// only, without fsync, because a rig's data never outlives its test.
package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

func run() error {
	dir := flag.String("data-dir", "", "folder of the store")
	client := flag.String("client-url", "", "URL to serve clients on, http://127.0.0.1:PORT")
	peer := flag.String("peer-url", "", "URL to serve peers on, http://127.0.0.1:PORT")
	flag.Parse()
	if *dir == "" || *client == "" || *peer == "" {
		return fmt.Errorf("--data-dir, --client-url and --peer-url are required")
	}
	clientURL, err := url.Parse(*client)
	if err != nil {
		return err
	}
	peerURL, err := url.Parse(*peer)
	if err != nil {
		return err
	}
	cfg := embed.NewConfig()
	cfg.Name = "rig"
	cfg.Dir = *dir
	cfg.ListenClientUrls = []url.URL{*clientURL}
	cfg.AdvertiseClientUrls = []url.URL{*clientURL}
	cfg.ListenPeerUrls = []url.URL{*peerURL}
	cfg.AdvertisePeerUrls = []url.URL{*peerURL}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	// A restored seed carries the member's old peer address; a single member
	// is made anew around its data, whatever port it now listens on.
	if _, err := os.Stat(*dir + "/member/snap/db"); err == nil {
		cfg.ForceNewCluster = true
	}
	cfg.UnsafeNoFsync = true
	cfg.LogLevel = "error"
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		return err
	}
	defer server.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-stop:
		return nil
	case err := <-server.Err():
		return err
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "etcd:", err)
		os.Exit(1)
	}
}
