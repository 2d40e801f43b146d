// What node-smpp reads of a refusal that says why:  node node_refused.js HOST PORT SYSTEM_ID PASSWORD DESTINATION
// Sends a submit_sm and then a data_sm, prints each answer as a line of JSON.
'use strict';
const smpp = require('smpp');

const [host, port, systemId, password, destination] = process.argv.slice(2);
const fail = (why) => { console.error(why); process.exit(1); };
setTimeout(() => fail('not done within 100 s'), 100000).unref();

const session = smpp.connect({ url: `smpp://${host}:${port}` });
const addresses = { source_addr_ton: 5, source_addr: 'NODESMPP', dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: destination };

function tell(answer) {
  console.log(JSON.stringify({
    command: answer.command, status: answer.command_status, id: answer.message_id, reason: answer.delivery_failure_reason,
    network: answer.network_error_code && Buffer.from(answer.network_error_code).toString('hex'), text: answer.additional_status_info_text,
  }));
}

session.on('error', (error) => fail(`connection: ${error.message}`));
session.on('enquire_link', (pdu) => session.send(pdu.response()));
session.on('connect', () => {
  session.bind_transceiver({ system_id: systemId, password, interface_version: 0x34 }, (bound) => {
    if (bound.command_status !== 0) fail(`bind refused: ${bound.command_status}`);
    session.submit_sm({ ...addresses, short_message: 'refused' }, (first) => {
      tell(first);
      session.data_sm({ ...addresses, message_payload: 'refused' }, (second) => {
        tell(second);
        session.unbind({}, () => { session.close(); process.exit(0); });
      });
    });
  });
});
