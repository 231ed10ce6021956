"""Links: carry frames to and from a sensor over BLE, USB, a pipe or in process."""
