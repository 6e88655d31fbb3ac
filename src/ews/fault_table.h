/* SPDX-License-Identifier: MIT */
/*
 * fault_table — one row per thing that can go wrong
 *
 *     FAULT(number, code, scope, action, message)
 *         number   stored in room files: a row keeps its number, a new row gets a new one
 *         code     Exchange's own ResponseCode; ours begin with a lower-case letter
 *         scope    whose trouble it is: REQUEST, ROOM, ACCOUNT
 *         action   RETRY, SPLIT, NARROW, REST, GIVE_UP, STOP (ews/fault.h; the delay follows from it)
 *         message  what happened, and what an administrator can do; shown to visitors too
 *
 * What Exchange's codes mean: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
 * docs/faults.md lists all rows, and the codes that are left to row 1; tests compare.
 *
 * Numbers: 1–99 connection and ourselves, 100–199 replies that cannot be used, 200–599 HTTP
 * statuses, from 1000 on Exchange's response codes. In order of numbers. No include guard: the
 * includer defines FAULT, this file undefines it.
 */

/* ---- connection and ourselves ---- */
FAULT(1, "unknown_response_code", ROOM, RETRY,
      "Exchange answered with an error that roomcal does not know; the log has its code and text.")
FAULT(2, "unreachable", ACCOUNT, RETRY,
      "Exchange cannot be reached; check EXCHANGE_SERVER, the name service, the network and the "
      "firewall.")
FAULT(3, "tls", ACCOUNT, RETRY,
      "There is no trusted TLS connection to Exchange; check its certificate, the host name in "
      "EXCHANGE_SERVER, and CA_FILE if the certificate comes from a private authority.")
FAULT(4, "timeout", ACCOUNT, RETRY,
      "Exchange did not answer within REQUEST_TIMEOUT; it may be overloaded, or a firewall drops "
      "the connection.")
FAULT(5, "cut", ACCOUNT, RETRY,
      "The connection to Exchange broke before its answer was complete; it is asked again.")
FAULT(6, "too_large", ROOM, RETRY,
      "The answer of Exchange is larger than roomcal accepts; check what else answers at "
      "EXCHANGE_SERVER.")
FAULT(7, "no_memory", REQUEST, RETRY, "roomcal has not enough memory for the answer of Exchange.")
FAULT(8, "cache_write", REQUEST, RETRY,
      "roomcal cannot write its cache; check that CACHE_DIR has free space and belongs to roomcal.")
FAULT(9, "room_too_large", ROOM, GIVE_UP,
      "The calendar of this room is larger than roomcal can keep; choose a smaller WINDOW_DAYS, a "
      "later WINDOW_START or fewer ITEM_FIELDS.")
FAULT(
    10, "not_refreshed", ROOM, RETRY,
    "roomcal has not asked Exchange for this room in time; check that roomcal is running, and its "
    "log.")
FAULT(11, "no_answer_in_time", REQUEST, RETRY,
      "Exchange did not answer before COLD_WAIT was over; it is asked again.")

/* ---- the login ---- */
FAULT(20, "login_no_mechanism", ACCOUNT, RETRY,
      "This machine cannot speak NTLM; install the package gss-ntlmssp.")
FAULT(21, "login_no_credential", ACCOUNT, RETRY,
      "There is no Kerberos ticket to sign in with; check KRB5_CLIENT_KTNAME or KRB5CCNAME, and "
      "that roomcal may read the file.")
FAULT(22, "login_expired", ACCOUNT, RETRY,
      "The Kerberos ticket has expired; renew it with kinit, or give roomcal a keytab in "
      "KRB5_CLIENT_KTNAME, with which it renews tickets by itself.")
FAULT(
    23, "login_clock", ACCOUNT, RETRY,
    "The clock of this machine is too far from the clock of the server it signs in to; set both by "
    "NTP.")
FAULT(24, "login_no_kdc", ACCOUNT, RETRY,
      "The Kerberos server cannot be reached or does not know its realm; check /etc/krb5.conf, the "
      "name service and the network.")
FAULT(25, "login_refused", ACCOUNT, STOP,
      "The Kerberos or token server refused the login; check USERNAME and PASSWORD, the keytab, or "
      "the OAUTH_ settings.")
FAULT(26, "login_unbound", ACCOUNT, RETRY,
      "CHANNEL_BINDING=required, but the connection has no TLS certificate to bind the login to; "
      "use an https:// address.")
FAULT(27, "login_broken", ACCOUNT, RETRY,
      "The server's part of the login makes no sense; check what answers at EXCHANGE_SERVER.")
/* A password that is answered by hanging up may have been refused so. */
FAULT(28, "login_cut", ACCOUNT, STOP,
      "The connection was closed in the middle of the login, again and again; a proxy or load "
      "balancer before Exchange must keep a connection to one server for NTLM and Negotiate.")
FAULT(
    29, "http_401_bound", ACCOUNT, STOP,
    "Exchange refused the login. Check USERNAME and PASSWORD, and that the account is not locked. "
    "If they are right, a proxy with a certificate of its own stands before Exchange, and channel "
    "binding cannot fit: give the proxy the certificate of Exchange, or set CHANNEL_BINDING=off.")
FAULT(
    30, "http_401_token", ACCOUNT, STOP,
    "Exchange does not accept the token; check that OAUTH_SCOPE and OAUTH_TENANT fit the server "
    "and that the application has the role Application EWS.AccessAsApp, or full_access_as_app with "
    "an administrator's consent.")
FAULT(31, "http_403_online", ACCOUNT, GIVE_UP,
      "Exchange Online refuses Exchange Web Services: since October 2026 they are blocked unless "
      "the tenant sets EwsEnabled and lists the application in EwsAllowedAppIDs, and they end in "
      "April 2027.")
FAULT(
    32, "login_no_service", ACCOUNT, RETRY,
    "The Kerberos server does not know Exchange by the name in EXCHANGE_SERVER; use the name that "
    "has the service principal HTTP/name, or register it (an alternate service account).")
FAULT(33, "http_401_unbound", ACCOUNT, STOP,
      "Exchange refused the login, which was sent without channel binding: check USERNAME and "
      "PASSWORD; if Extended Protection is required there, set CHANNEL_BINDING=auto.")
FAULT(34, "token_unreachable", ACCOUNT, RETRY,
      "The token server does not answer or is in trouble; check OAUTH_TOKEN_URL, the name service, "
      "the network, PROXY and the firewall.")
FAULT(35, "token_tls", ACCOUNT, RETRY,
      "There is no trusted TLS connection to the token server; check OAUTH_TOKEN_URL and the clock "
      "of this machine; CA_FILE, if set, must hold the token server's authority, too.")
FAULT(36, "token_broken", ACCOUNT, RETRY,
      "What answers at OAUTH_TOKEN_URL gives no token that can be used; check that address, and "
      "whether a proxy answers in its place.")
FAULT(37, "token_busy", ACCOUNT, REST,
      "The token server asks for fewer requests; roomcal waits as told.")
FAULT(38, "token_unsigned", ACCOUNT, RETRY,
      "The application's certificate cannot be used; check that OAUTH_CERT_FILE and OAUTH_KEY_FILE "
      "are PEM, belong together and can be read by roomcal, and that the key is RSA without a "
      "passphrase.")

/* ---- TLS ---- */
FAULT(40, "tls_expired", ACCOUNT, RETRY,
      "The certificate of Exchange, or of its authority, has expired; renew it on the Exchange "
      "server.")
FAULT(41, "tls_not_yet_valid", ACCOUNT, RETRY,
      "The certificate of Exchange is not valid yet; check the clock of this machine.")
FAULT(42, "tls_wrong_host", ACCOUNT, RETRY,
      "The certificate of Exchange is for another host; write a name that is in the certificate "
      "into EXCHANGE_SERVER, or get a certificate with that name.")
FAULT(
    43, "tls_self_signed", ACCOUNT, RETRY,
    "The certificate of Exchange is self-signed; save it as PEM and name that file in CA_FILE, or "
    "give Exchange a certificate of an authority.")
FAULT(44, "tls_unknown_authority", ACCOUNT, RETRY,
      "The certificate of Exchange comes from an authority that is not trusted here; put the "
      "certificate of that authority into CA_FILE, or let Exchange send its intermediate ones too.")
FAULT(45, "tls_weak", ACCOUNT, RETRY,
      "The certificate of Exchange, or of its authority, has a key or signature that is too weak; "
      "give Exchange a certificate with RSA of 2048 bits or more and SHA-256.")
FAULT(46, "tls_old", ACCOUNT, RETRY,
      "Exchange has no version or cipher of TLS in common with roomcal; enable TLS 1.2 or 1.3 on "
      "the Exchange server.")
FAULT(47, "tls_none", ACCOUNT, RETRY,
      "What answers at this port speaks no TLS; check the host and port in EXCHANGE_SERVER.")
FAULT(48, "tls_client_wanted", ACCOUNT, RETRY,
      "Exchange asks for a client certificate; name one in CERT_FILE and its key in KEY_FILE.")
FAULT(49, "tls_client_refused", ACCOUNT, RETRY,
      "Exchange refuses the client certificate; check that the one in CERT_FILE has not expired "
      "and comes from an authority that Exchange trusts.")
FAULT(50, "tls_client_files", ACCOUNT, RETRY,
      "The client certificate cannot be used; check that CERT_FILE and KEY_FILE are PEM, belong "
      "together, can be read by roomcal, and that the key has no passphrase.")
FAULT(51, "tls_ca_file", ACCOUNT, RETRY,
      "CA_FILE cannot be used; check that it is there, that roomcal may read it, and that it holds "
      "certificates as PEM.")

/* ---- the proxy ---- */
FAULT(60, "proxy_unreachable", ACCOUNT, RETRY,
      "The proxy cannot be reached; check PROXY, the name service, the network and the firewall.")
FAULT(
    61, "proxy_tls", ACCOUNT, RETRY,
    "There is no trusted TLS connection to the proxy; check its certificate and CA_FILE, or write "
    "http:// in PROXY if it speaks none.")
FAULT(62, "proxy_login", ACCOUNT, STOP,
      "The proxy refused the login; check user and password in PROXY, and that the proxy offers "
      "Basic authentication.")
FAULT(
    63, "proxy_refused", ACCOUNT, RETRY,
    "The proxy does not allow a connection to Exchange; let it allow CONNECT to the host and port "
    "in EXCHANGE_SERVER.")
FAULT(64, "proxy_no_way", ACCOUNT, RETRY,
      "The proxy cannot reach Exchange; check EXCHANGE_SERVER, and the proxy's name service and "
      "network.")

/* ---- replies that cannot be used ---- */
FAULT(100, "reply_not_xml", ACCOUNT, RETRY,
      "What answered is not Exchange Web Services but probably a sign-in or error page; check "
      "EXCHANGE_SERVER and any proxy before Exchange.")
FAULT(101, "reply_not_soap", ACCOUNT, RETRY,
      "The answer is XML but no SOAP envelope; check that EXCHANGE_SERVER names the EWS address of "
      "Exchange.")
FAULT(102, "reply_truncated", ACCOUNT, RETRY,
      "The answer of Exchange ended too early; it is asked again.")
FAULT(103, "reply_malformed", ROOM, RETRY,
      "The answer of Exchange is no well-formed XML; the log says where.")
FAULT(104, "reply_doctype", ACCOUNT, RETRY,
      "The answer has a document type, which Exchange never sends; check what answers at "
      "EXCHANGE_SERVER.")
FAULT(105, "reply_too_deep", ROOM, RETRY,
      "The answer of Exchange is nested deeper than roomcal accepts.")
FAULT(106, "reply_too_many_attributes", ROOM, RETRY,
      "An element in the answer of Exchange has more attributes than roomcal accepts.")
FAULT(107, "reply_text_too_long", ROOM, GIVE_UP,
      "A text in the calendar of this room is longer than roomcal accepts; leave the longest "
      "attributes out of ITEM_FIELDS, or shorten the text.")
FAULT(108, "reply_item_too_large", ROOM, GIVE_UP,
      "An item in the calendar of this room is larger than roomcal accepts; leave the longest "
      "attributes out of ITEM_FIELDS, or shorten the item.")
FAULT(109, "unexpected_reply", REQUEST, RETRY,
      "The answer of Exchange does not fit the question; it is asked again.")
FAULT(
    110, "reply_list_truncated", REQUEST, SPLIT,
    "Exchange left items out of its answer even for a quarter of an hour; this calendar holds too "
    "many meetings at one time.")

/* ---- HTTP ---- */
FAULT(
    200, "http_unexpected", ACCOUNT, RETRY,
    "The server gave an HTTP status that Exchange Web Services never give; check EXCHANGE_SERVER.")
FAULT(
    300, "http_3xx", ACCOUNT, RETRY,
    "The server redirects to another address, which roomcal does not follow; EXCHANGE_SERVER wants "
    "the host name alone, or the whole address of Exchange.asmx, not that of Outlook on the web.")
FAULT(301, "http_3xx_error_page", ACCOUNT, RETRY,
      "Exchange redirects to its own error page, as it does in passing trouble; look into its log "
      "if this lasts.")
FAULT(400, "http_4xx", ACCOUNT, RETRY,
      "The server refused the request; check EXCHANGE_SERVER and any proxy before Exchange.")
FAULT(
    401, "http_401", ACCOUNT, STOP,
    "Exchange refused the login; check USERNAME and PASSWORD, and that the account is not locked.")
FAULT(402, "http_401_no_scheme", ACCOUNT, STOP,
      "Exchange offers no way to sign in that AUTH allows; set AUTH=auto, or enable the scheme on "
      "the EWS virtual directory.")
FAULT(403, "http_403", ACCOUNT, RETRY,
      "Exchange knows the account but does not let it use Exchange Web Services; check EwsEnabled "
      "and the EWS access policy of the account.")
FAULT(404, "http_404", ACCOUNT, RETRY,
      "There are no Exchange Web Services at this address; EXCHANGE_SERVER wants the host name "
      "alone, or the whole address of Exchange.asmx.")
FAULT(407, "http_407", ACCOUNT, RETRY,
      "A proxy before Exchange asks for a login; roomcal needs a direct connection.")
FAULT(429, "http_429", ACCOUNT, REST,
      "Exchange asks for fewer requests; roomcal waits as told. Fewer LANES or a longer CACHE_TTL "
      "help.")
FAULT(440, "http_440", ACCOUNT, STOP,
      "Exchange says that the login has expired, as it does where people sign in by a form; "
      "EXCHANGE_SERVER wants the host name alone, not the address of Outlook on the web.")
FAULT(
    500, "http_500", ACCOUNT, RETRY,
    "Exchange Web Services have an internal error; look into the event log of the Exchange server.")
FAULT(502, "http_502", ACCOUNT, RETRY,
      "A proxy before Exchange gets no answer from it; check the Exchange server.")
FAULT(503, "http_503", ACCOUNT, RETRY,
      "Exchange is not available at the moment; it may be starting, in maintenance or overloaded.")
FAULT(504, "http_504", ACCOUNT, RETRY,
      "A proxy before Exchange got no answer from it; check the Exchange server.")
FAULT(599, "http_5xx", ACCOUNT, RETRY,
      "The Exchange server or a proxy before it has an error; look into its log.")

/* ---- Exchange's response codes: the server is busy or in trouble ---- */
FAULT(1000, "ErrorServerBusy", ACCOUNT, REST,
      "Exchange is busy or throttles the account; roomcal waits as told. Fewer LANES or a longer "
      "CACHE_TTL help.")
FAULT(1001, "ErrorExceededConnectionCount", ACCOUNT, NARROW,
      "Exchange has too many connections of the account; use fewer LANES, or an account of its own "
      "for roomcal.")
FAULT(1002, "ErrorTooManyObjectsOpened", ACCOUNT, NARROW,
      "The account has too many objects open in Exchange; use fewer LANES, or an account of its "
      "own for roomcal.")
FAULT(1003, "ErrorInternalServerError", ROOM, RETRY,
      "Exchange had an internal error with this room; look into the event log of the Exchange "
      "server.")
FAULT(1004, "ErrorInternalServerTransientError", ROOM, RETRY,
      "Exchange had a passing internal error with this room.")
FAULT(1005, "ErrorTimeoutExpired", ROOM, RETRY,
      "Exchange ran out of time while it read the calendar of this room.")
FAULT(1006, "ErrorInsufficientResources", ACCOUNT, RETRY,
      "Exchange is short of resources; look into the event log of the Exchange server.")
FAULT(1007, "ErrorNotEnoughMemory", ACCOUNT, RETRY,
      "Exchange is short of memory; look into the event log of the Exchange server.")
FAULT(1008, "ErrorADUnavailable", ACCOUNT, RETRY,
      "Exchange cannot reach its directory; check the domain controllers.")
FAULT(1009, "ErrorADOperation", ACCOUNT, RETRY,
      "Exchange had an error with its directory; check the domain controllers.")
FAULT(1010, "ErrorConnectionFailed", ROOM, RETRY,
      "Exchange could not reach the mailbox of this room.")
FAULT(1011, "ErrorBatchProcessingStopped", REQUEST, RETRY,
      "Exchange stopped before it came to this room; it is asked again.")
FAULT(1012, "ErrorRequestAborted", REQUEST, RETRY,
      "Exchange broke the request off; it is asked again.")
FAULT(1013, "ErrorClientDisconnected", REQUEST, RETRY,
      "Exchange took the connection for closed; it is asked again.")
FAULT(1014, "ErrorExceededSubscriptionCount", ACCOUNT, REST,
      "Exchange throttles the account for the subscriptions it has; use an account of its own for "
      "roomcal.")
FAULT(1015, "ErrorSubmissionQuotaExceeded", ACCOUNT, REST,
      "Exchange throttles the account because it sent too much; use an account of its own for "
      "roomcal.")
FAULT(1016, "ErrorDataSourceOperation", ROOM, RETRY,
      "The database below Exchange had an error with this room; look into the event log of the "
      "Exchange server.")
FAULT(1017, "ErrorWin32InteropError", ROOM, RETRY,
      "Exchange had an internal error with this room; look into the event log of the Exchange "
      "server.")
FAULT(1018, "ErrorConnectionFailedTransientError", ROOM, RETRY,
      "Exchange could not reach the mailbox of this room for a moment.")
FAULT(1019, "ErrorInvalidNetworkServiceContext", ACCOUNT, RETRY,
      "Exchange has trouble with its own service account; look into the event log of the Exchange "
      "server.")

/* ---- the mailbox is elsewhere for a while ---- */
FAULT(1100, "ErrorMailboxMoveInProgress", ROOM, RETRY,
      "The mailbox of this room is being moved; it comes back when the move is done.")
FAULT(1101, "ErrorMailboxFailover", ROOM, RETRY,
      "The mailbox of this room is changing to another server.")
FAULT(1102, "ErrorMailboxStoreUnavailable", ROOM, RETRY,
      "The database with the mailbox of this room is not available; check that it is mounted.")
FAULT(1103, "ErrorMailboxLogonFailed", ROOM, RETRY,
      "Exchange could not open the mailbox of this room.")
FAULT(1104, "ErrorNoRespondingCASInDestinationSite", ROOM, RETRY,
      "The Exchange site with the mailbox of this room does not respond.")
FAULT(1105, "ErrorProxyRequestProcessingFailed", ROOM, RETRY,
      "Exchange could not pass the request on to the server with the mailbox of this room.")
FAULT(1106, "ErrorProxyCallFailed", ROOM, RETRY,
      "Exchange could not pass the request on to the server with the mailbox of this room.")
FAULT(1107, "ErrorNoApplicableProxyCASServersAvailable", ROOM, RETRY,
      "Exchange has no server that can reach the mailbox of this room.")
FAULT(1108, "ErrorCrossSiteRequest", ROOM, GIVE_UP,
      "The mailbox of this room belongs to another Exchange site, which the server in "
      "EXCHANGE_SERVER does not ask; name a server of that site.")
FAULT(1109, "ErrorNoDestinationCASDueToKerberosRequirements", ROOM, GIVE_UP,
      "The Exchange site with the mailbox of this room accepts no Windows authentication from "
      "other sites; enable it on the EWS virtual directories there.")
FAULT(1110, "ErrorNoDestinationCASDueToSSLRequirements", ROOM, GIVE_UP,
      "The Exchange site with the mailbox of this room accepts no TLS from other sites; enable it "
      "on the EWS virtual directories there.")
FAULT(1111, "ErrorNoDestinationCASDueToVersionMismatch", ROOM, GIVE_UP,
      "The Exchange site with the mailbox of this room has no server of a version that the server "
      "in EXCHANGE_SERVER can ask.")
FAULT(1112, "ErrorProxyServiceDiscoveryFailed", ROOM, RETRY,
      "Exchange could not find out which of its servers has the mailbox of this room.")
FAULT(1113, "ErrorProxyGroupSidLimitExceeded", ROOM, GIVE_UP,
      "The account of USERNAME is in more groups than Exchange can pass on to another site; use an "
      "account in fewer groups.")
FAULT(1114, "ErrorInvalidCrossForestCredentials", ROOM, GIVE_UP,
      "The mailbox of this room is in another forest, and Exchange's own login there is refused; "
      "check the availability address space of that forest.")
FAULT(1115, "ErrorMultiLegacyMailboxAccess", REQUEST, RETRY,
      "Exchange cannot ask for mailboxes on several old servers at once; this room is asked for "
      "again.")

/* ---- rights and addresses ---- */
FAULT(1200, "ErrorFolderNotFound", ROOM, GIVE_UP,
      "Exchange shows no calendar for this room; give the account at least Reviewer on the room's "
      "calendar.")
FAULT(1201, "ErrorItemNotFound", ROOM, GIVE_UP,
      "Exchange shows no calendar for this room; give the account at least Reviewer on the room's "
      "calendar.")
FAULT(1202, "ErrorNonExistentMailbox", ROOM, GIVE_UP,
      "There is no mailbox with this room's address; check ROOM_EMAILS.")
FAULT(1203, "ErrorAccessDenied", ROOM, GIVE_UP,
      "The account may not read this room's calendar; give it at least Reviewer on that calendar.")
FAULT(1204, "ErrorInvalidSmtpAddress", ROOM, GIVE_UP,
      "This room's address is no e-mail address to Exchange; check ROOM_EMAILS.")
FAULT(1205, "ErrorMissingEmailAddress", ROOM, GIVE_UP,
      "This room's mailbox has no e-mail address; check the mailbox and ROOM_EMAILS.")
FAULT(1206, "ErrorNonPrimarySmtpAddress", ROOM, GIVE_UP,
      "Exchange wants this room's primary address; put it into ROOM_EMAILS.")
FAULT(1207, "ErrorCannotFindUser", ROOM, GIVE_UP,
      "Exchange finds no user for this room's address; check ROOM_EMAILS.")
FAULT(1208, "ErrorMailboxConfiguration", ROOM, GIVE_UP,
      "This room's mailbox is not set up properly in Exchange.")
FAULT(1209, "ErrorCalendarFolderIsInvalidForCalendarView", ROOM, GIVE_UP,
      "The calendar folder of this room is no calendar to Exchange; check the mailbox.")
FAULT(1210, "ErrorFolderCorrupt", ROOM, GIVE_UP,
      "The calendar folder of this room is damaged; repair the mailbox.")
FAULT(
    1211, "ErrorImpersonateUserDenied", ROOM, GIVE_UP,
    "The account may not impersonate this room; give it ApplicationImpersonation for the room, in "
    "Exchange Online the role Application EWS.AccessAsApp.")
FAULT(
    1212, "ErrorImpersonationDenied", ROOM, GIVE_UP,
    "The account may not impersonate this room; give it ApplicationImpersonation for the room, in "
    "Exchange Online the role Application EWS.AccessAsApp.")
FAULT(1213, "ErrorImpersonationFailed", ROOM, GIVE_UP,
      "Exchange could not impersonate this room; check the room's account in the directory.")
FAULT(1214, "ErrorInvalidExchangeImpersonationHeaderData", ROOM, GIVE_UP,
      "Exchange cannot impersonate this room's address; check ROOM_EMAILS.")
FAULT(1215, "ErrorNoCalendar", ROOM, GIVE_UP,
      "The mailbox of this room has no calendar; check the mailbox.")
FAULT(1216, "ErrorInvalidSecurityDescriptor", ROOM, GIVE_UP,
      "The permissions on this room's calendar are damaged; set them anew.")
FAULT(1217, "ErrorInvalidFolderTypeForOperation", ROOM, GIVE_UP,
      "The calendar folder of this room is no calendar to Exchange; check the mailbox.")
FAULT(1218, "ErrorFolderPropertRequestFailed", ROOM, RETRY, /* so Exchange spells it */
      "Exchange cannot read a property of this room's calendar folder; repair the mailbox.")
FAULT(1219, "ErrorQuotaExceeded", ROOM, RETRY,
      "The mailbox of this room is full; delete something, or raise its quota.")
FAULT(1220, "ErrorDuplicateLegacyDistinguishedName", ROOM, GIVE_UP,
      "The directory has two objects with the legacyExchangeDN of this room; correct one of them.")
FAULT(1221, "ErrorNameResolutionNoResults", ROOM, GIVE_UP,
      "Exchange has no such address in its address book; check that ROOM_LIST names a room list.")
FAULT(1222, "ErrorInvalidLicense", ROOM, GIVE_UP,
      "Exchange misses a licence for the mailbox of this room or for the account of USERNAME.")
FAULT(1223, "ErrorMissingInformationEmailAddress", ROOM, GIVE_UP,
      "Exchange misses an address for this room; check ROOM_EMAILS.")

/* ---- the account itself ---- */
FAULT(1300, "ErrorAccountDisabled", ACCOUNT, STOP,
      "The account of USERNAME is disabled; enable it.")
FAULT(1301, "ErrorPasswordExpired", ACCOUNT, STOP,
      "The password of USERNAME has expired; set a new one.")
FAULT(1302, "ErrorPasswordChangeRequired", ACCOUNT, STOP,
      "The password of USERNAME has to be changed before it can be used.")
FAULT(1303, "ErrorCallerIsInvalidADAccount", ACCOUNT, STOP,
      "The account of USERNAME is not valid in the directory.")
FAULT(1304, "ErrorInvalidUserSid", ACCOUNT, STOP,
      "The account of USERNAME is not valid in the directory.")
FAULT(1305, "ErrorOrganizationAccessBlocked", ACCOUNT, RETRY,
      "The organisation does not allow Exchange Web Services; ask its administrator.")
FAULT(1306, "ErrorInvalidAuthorizationContext", ACCOUNT, RETRY,
      "Exchange could not find out what the account of USERNAME may do; check the account in the "
      "directory.")
FAULT(1307, "ErrorInvalidClientSecurityContext", ACCOUNT, RETRY,
      "Exchange could not find out who the account of USERNAME is; check the domain controllers.")

/* ---- the question ---- */
FAULT(
    1400, "ErrorExceededFindCountLimit", REQUEST, SPLIT,
    "Exchange finds too many items even for a quarter of an hour; other programs may use the same "
    "account, or this calendar holds too many meetings at one time.")
FAULT(1401, "ErrorCalendarViewRangeTooBig", REQUEST, SPLIT,
      "Exchange accepts no view of this calendar, however short.")
FAULT(1402, "ErrorDataSizeLimitExceeded", REQUEST, SPLIT,
      "The answer would be too large for Exchange even for a quarter of an hour.")
FAULT(1403, "ErrorInvalidPropertyRequest", ROOM, GIVE_UP,
      "Exchange does not give one of the attributes in ITEM_FIELDS; leave out what this Exchange "
      "does not know.")
FAULT(1404, "ErrorInvalidPropertyForOperation", ROOM, GIVE_UP,
      "Exchange does not give one of the attributes in ITEM_FIELDS; leave out what this Exchange "
      "does not know.")
FAULT(1405, "ErrorSchemaValidation", ACCOUNT, RETRY,
      "Exchange does not understand the request; this version of Exchange may be too old for "
      "roomcal, or for an attribute in ITEM_FIELDS.")
FAULT(1406, "ErrorInvalidRequest", ACCOUNT, RETRY,
      "Exchange does not understand the request; this version of Exchange may be too old for "
      "roomcal, or for an attribute in ITEM_FIELDS.")
FAULT(1407, "ErrorInvalidServerVersion", ACCOUNT, RETRY,
      "Exchange accepts none of the versions that roomcal can ask in, which are 2013 SP1 down to "
      "2010 SP2; it may be too old.")
FAULT(1408, "ErrorIncorrectSchemaVersion", ACCOUNT, RETRY,
      "Exchange accepts none of the versions that roomcal can ask in, which are 2013 SP1 down to "
      "2010 SP2; it may be too old.")
FAULT(1409, "ErrorInvalidSchemaVersionForMailboxVersion", ROOM, GIVE_UP,
      "The mailbox of this room is on an Exchange that accepts none of the versions that roomcal "
      "can ask in, which are 2013 SP1 down to 2010 SP2.")
FAULT(1410, "ErrorWrongServerVersion", ROOM, GIVE_UP,
      "The mailbox of this room is on an Exchange of another version than the server in "
      "EXCHANGE_SERVER.")
FAULT(1411, "ErrorInvalidOperation", ROOM, GIVE_UP,
      "Exchange does not allow this question for this room; the log has its text.")
FAULT(1412, "ErrorCorruptData", ROOM, RETRY,
      "Exchange cannot read an item in the calendar of this room; find and repair it.")
FAULT(1413, "ErrorItemCorrupt", ROOM, RETRY,
      "Exchange cannot read an item in the calendar of this room; find and repair it.")
FAULT(
    1414, "ErrorContentConversionFailed", ROOM, RETRY,
    "Exchange cannot convert the text of an item in the calendar of this room; find and repair it.")
FAULT(1415, "ErrorMimeContentConversionFailed", ROOM, RETRY,
      "Exchange cannot make the MIME text of an item in the calendar of this room; leave "
      "mime_content out of ITEM_FIELDS, or find and repair the item.")
FAULT(1416, "ErrorItemPropertyRequestFailed", ROOM, RETRY,
      "Exchange cannot read a property of an item in the calendar of this room; find and repair "
      "it.")
FAULT(1417, "ErrorCalendarInvalidPropertyState", ROOM, RETRY,
      "Exchange cannot read the recurrence of a series in the calendar of this room; find and "
      "repair it.")
FAULT(1418, "ErrorCalendarInvalidTimeZone", ROOM, RETRY,
      "Exchange cannot read the time zone of an item in the calendar of this room; find and repair "
      "it.")
FAULT(1419, "ErrorTimeZone", ROOM, RETRY,
      "Exchange cannot read the time zone of an item in the calendar of this room; find and repair "
      "it.")
FAULT(1420, "ErrorUnsupportedTypeForConversion", ROOM, RETRY,
      "Exchange cannot write a property of an item in the calendar of this room as XML; find and "
      "repair it.")
FAULT(1421, "ErrorUnsupportedMimeConversion", ROOM, GIVE_UP,
      "An item in the calendar of this room is of a kind without MIME text; leave mime_content out "
      "of ITEM_FIELDS.")
FAULT(1422, "ErrorVirusDetected", ROOM, RETRY,
      "A virus scanner of Exchange keeps back an item in the calendar of this room.")
FAULT(1423, "ErrorVirusMessageDeleted", ROOM, RETRY,
      "A virus scanner of Exchange has deleted an item in the calendar of this room.")
FAULT(1424, "ErrorInvalidId", REQUEST, RETRY,
      "Exchange does not accept the id of an item that it gave before; the calendar is asked for "
      "again.")
FAULT(1425, "ErrorInvalidIdMalformed", REQUEST, RETRY,
      "Exchange does not accept the id of an item that it gave before; the calendar is asked for "
      "again.")
FAULT(1426, "ErrorInvalidChangeKey", REQUEST, RETRY,
      "Exchange does not accept the id of an item that it gave before; the calendar is asked for "
      "again.")
FAULT(1427, "ErrorCalendarCannotUseIdForOccurrenceId", REQUEST, RETRY,
      "A series changed while its meetings were asked for; the calendar is asked for again.")
FAULT(1428, "ErrorCalendarOccurrenceIsDeletedFromRecurrence", REQUEST, RETRY,
      "A series changed while its meetings were asked for; the calendar is asked for again.")
FAULT(1429, "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", REQUEST, RETRY,
      "A series changed while its meetings were asked for; the calendar is asked for again.")
FAULT(1430, "ErrorObjectTypeChanged", REQUEST, RETRY,
      "An item became another kind of item while it was asked for; the calendar is asked for "
      "again.")
FAULT(1431, "ErrorInvalidExtendedProperty", ROOM, GIVE_UP,
      "Exchange does not give a property that roomcal asks for; this version of Exchange is "
      "unknown to roomcal.")
FAULT(1432, "ErrorUnsupportedMapiPropertyType", ROOM, GIVE_UP,
      "Exchange does not give a property that roomcal asks for; this version of Exchange is "
      "unknown to roomcal.")
FAULT(1433, "ErrorValueOutOfRange", ROOM, GIVE_UP,
      "Exchange knows no such time; check WINDOW_START and WINDOW_DAYS.")
FAULT(1434, "ErrorCalendarEndDateIsEarlierThanStartDate", ROOM, GIVE_UP,
      "Exchange takes the time that is asked for as empty; check WINDOW_START and WINDOW_DAYS.")
FAULT(1435, "ErrorRequestStreamTooBig", REQUEST, SPLIT,
      "Exchange does not accept a question of this size, however small roomcal makes it.")
FAULT(1436, "ErrorResultSetTooBig", REQUEST, SPLIT,
      "Exchange finds too many items even for a quarter of an hour; this calendar holds too many "
      "meetings at one time.")
FAULT(1437, "ErrorTimeIntervalTooBig", REQUEST, SPLIT,
      "Exchange accepts no view of this calendar, however short.")
FAULT(1438, "ErrorWrongServerVersionDelegate", ROOM, GIVE_UP,
      "The mailbox of this room is on an Exchange of another version than the mailbox of "
      "USERNAME.")

#undef FAULT
