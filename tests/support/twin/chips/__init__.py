"""Register-level stand-ins for IMU chips, written from their data sheets and not from our drivers."""
