//! What a technician does once: the device gets its outlet, its certificate, and the line of numbers.

use std::{net::SocketAddr, thread, time::Duration};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::super::http::Client;

/// A device and its outlet.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub(crate) device: &'a str,
    pub(crate) outlet: &'a str,
}

/// How the device stands.
pub(crate) struct Standing {
    /// What was typed at the proxy, if it was now.
    pub(crate) code: Option<String>,
    /// When its certificate ends, as the cloud says it.
    pub(crate) certificate_until: Option<String>,
    /// Who seals for the outlet now.
    pub(crate) mode: String,
}

/// How often the cloud is asked how far it is.
const ATTEMPTS: u32 = 150;
const PAUSE: Duration = Duration::from_millis(200);

impl Bound<'_> {
    /// Goes on with a device that is active, or makes it so: registered, activated by its proxy, known to the authority, and
    /// with the outlet's line.
    pub(crate) fn stand(
        self,
        cloud: &mut Client,
        operator: &mut Client,
        proxy: SocketAddr,
    ) -> anyhow::Result<Standing> {
        let path = format!("/api/v1/devices/{}", self.device);
        let code = self.code(cloud, &path)?;
        if let Some(code) = &code {
            activate(&mut Client::of_proxy(proxy), code)?;
        }
        let is = |state: &'static str| move |device: &Value| device["state"] == state;
        let activated = wait(cloud, &path, "the device to be activated", |device| {
            is("pending_homologation")(device) || is("active")(device)
        })?;
        if !is("active")(&activated) {
            let reference = json!({ "reference": "a demonstration" });
            operator.send("POST", &format!("{path}/homologation"), &reference)?.good("its homologation")?;
        }
        let device = wait(cloud, &path, "the device to be active", |device| {
            is("active")(device) && device["reachable"] == true
        })?;
        // Who switched it back some other day wants it so.
        let mode = if code.is_some() {
            self.switch(cloud, true)?
        } else {
            cloud.get(&self.mode())?.good("the mode")?
        };
        let until = device.pointer("/certificate/not_after").and_then(Value::as_str).map(str::to_owned);
        Ok(Standing {
            code,
            certificate_until: until,
            mode: mode["mode"].as_str().unwrap_or_default().to_owned(),
        })
    }

    /// Has the outlet's line of numbers go to the device, or to the cloud.
    pub(crate) fn switch(self, cloud: &mut Client, to_device: bool) -> anyhow::Result<Value> {
        let wish = if to_device {
            json!({ "mode": "def", "device": self.device })
        } else {
            json!({ "mode": "cloud" })
        };
        cloud.send("PUT", &self.mode(), &wish)?.good("the switch")?;
        wait(cloud, &self.mode(), "the line to be handed over", |mode| mode["switching"] == false)
    }

    fn mode(self) -> String {
        format!("/api/v1/outlets/{}/mode", self.outlet)
    }

    /// A code for a device that has none of its own yet.
    fn code(self, cloud: &mut Client, path: &str) -> anyhow::Result<Option<String>> {
        let known = cloud.get(path)?;
        let answer = if known.status == 404 {
            cloud.send(
                "POST",
                "/api/v1/devices",
                &json!({ "serial": self.device, "outlet_id": self.outlet }),
            )?
        } else if known.good("the device")?["state"] == "registered" {
            cloud.send("POST", &format!("{path}/activation-code"), &json!({}))?
        } else {
            return Ok(None);
        };
        let answer = answer.good("registration of the device")?;
        Ok(Some(
            answer["activation_code"]
                .as_str()
                .context("the cloud answered without an activation code")?
                .to_owned(),
        ))
    }
}

/// By the proxy, which may be looking for the device or for the cloud still.
fn activate(proxy: &mut Client, code: &str) -> anyhow::Result<()> {
    let typed = json!({ "code": code });
    let mut answer = proxy.send("POST", "/v1/activation", &typed)?;
    for _ in 0..ATTEMPTS {
        if answer.status != 503 {
            break;
        }
        thread::sleep(PAUSE);
        answer = proxy.send("POST", "/v1/activation", &typed)?;
    }
    answer.good("activation by the proxy")?;
    Ok(())
}

fn wait(
    cloud: &mut Client,
    path: &str,
    what: &str,
    is_there: impl Fn(&Value) -> bool,
) -> anyhow::Result<Value> {
    let mut last = Value::Null;
    for _ in 0..ATTEMPTS {
        last = cloud.get(path)?.good(what)?;
        if is_there(&last) {
            return Ok(last);
        }
        thread::sleep(PAUSE);
    }
    bail!("waited for {what}, and it is {last}")
}
