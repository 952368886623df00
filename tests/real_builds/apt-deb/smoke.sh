hello-from-deb
