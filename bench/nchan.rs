//! nginx with nchan, where it is installed: the peer of fan-out.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{Result, machine, wire::Wire};

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
pub const SUBSCRIBE: &str = "/sub";
pub const PUBLISH: &str = "/pub";

pub struct Nchan {
    process: Child,
    pub address: SocketAddr,
}

impl Nchan {
    /// `None` if nginx or the module is not installed.
    pub async fn start(folder: &Path) -> Result<Option<Self>> {
        if !Path::new(MODULE).exists() || !Path::new("/usr/sbin/nginx").exists() {
            return Ok(None);
        }
        let folder = folder.join("nginx");
        fs::create_dir_all(&folder)?;
        let port = crate::free_port()?;
        let here = folder.display();
        let configuration = format!(
            "load_module {MODULE};
             worker_processes {cores};
             daemon off;
             pid {here}/pid;
             error_log {here}/error.log;
             events {{ worker_connections 8192; }}
             http {{
               access_log off;
               client_body_temp_path {here}; proxy_temp_path {here}; fastcgi_temp_path {here}; uwsgi_temp_path {here}; scgi_temp_path {here};
               nchan_shared_memory_size 256M;
               server {{
                 listen 127.0.0.1:{port} backlog=4096;
                 keepalive_requests 1000000;
                 location = {PUBLISH} {{ nchan_publisher http; nchan_channel_id room; nchan_message_buffer_length 100; }}
                 location = {SUBSCRIBE} {{ nchan_subscriber websocket; nchan_channel_id room; nchan_subscriber_first_message newest; }}
               }}
             }}",
            cores = machine::cores()
        );
        let path = folder.join("nginx.conf");
        fs::write(&path, configuration)?;
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "/usr/sbin/nginx", "-c"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        for _ in 0..100 {
            if Wire::connect(address).await.is_ok() {
                return Ok(Some(Self { process, address }));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("nginx did not start; see {here}/error.log").into())
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Nchan {
    fn drop(&mut self) {
        // Its workers end with it.
        crate::signal(self.process.id(), libc::SIGTERM);
        let _ = self.process.wait();
    }
}
