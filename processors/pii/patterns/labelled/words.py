"""What people and forms call a secret, an account, a user name, a birthday, a document, in some twenty languages.

Data: `|` between the names, a space where words are joined by a space, a dash, an underscore, a dot or nothing
(`date of birth` is also `date_of_birth` and `DateOfBirth`). Accents and case do not matter. Collected by hand.
"""

# ruff: noqa: RUF001, S105 - labels of other scripts, and of passwords, are the point

from __future__ import annotations

PASSWORD = (
    "password|pass|passwd|wifi key|wi fi key|wlan key|wlan schlussel|network key|wpa key|wpa2 key|security answer|"
    "secret answer|memorable word|memorable information|recovery code|recovery codes|backup code|backup codes|"
    "passwrd|pwd|pw|pass phrase|passphrase|pass word|psw|passcode|db pass|user pass|temp pass|"
    "passwort|kennwort|initialpasswort|einmalpasswort|losungswort|zugangspasswort|mot de passe|mdp|code secret|"
    "contrasena|clave|clave de acceso|palabra clave|parola d ordine|parola|wachtwoord|haslo|hasla|senha|palavra passe|"
    "palavra chave|sifre|sifrem|parola|losenord|adgangskode|kodeord|passord|salasana|heslo|jelszo|mat khau|kata sandi|"
    "пароль|пароля|密码|密碼|口令|パスワード|비밀번호|암호|كلمة المرور|كلمة السر|रहस्य|पासवर्ड|κωδικος|סיסמה"
)
PIN = (
    "pin|pin code|pin nummer|pin number|pincode|otp|tan|mtan|one time code|one time password|one time passcode|"
    "one time pin|verification code|verify code|2fa code|mfa code|auth code|authentication code|authenticator code|"
    "login code|sign in code|access code|sms code|confirmation code|unlock code|backup code|recovery code|puk|passcode|"
    "digit code|"
    "code from the sms|code we sent|code we texted|code i sent|code you received|your code|door code|alarm code|"
    "gate code|entry code|lockbox code|safe code|keypad code|garage code|"
    "bestatigungscode|verifizierungscode|einmalcode|geheimzahl|freischaltcode|zugangscode|ihr code|dein code|turcode|"
    "code pin|code de verification|code de confirmation|code confidentiel|code d acces|votre code|ton code|"
    "codigo de verificacion|codigo de acceso|codigo pin|codigo de confirmacion|su codigo|tu codigo|codice di verifica|"
    "codice pin|codice di conferma|il tuo codice|codigo de verificacao|seu codigo|verificatiecode|toegangscode|uw code|"
    "kod weryfikacyjny|kod pin|kod sms|kod dostepu|twoj kod|dogrulama kodu|onay kodu|verifieringskod|"
    "bekraeftelseskode|overovaci kod|пин|пин код|код подтверждения|код из смс|验证码|驗證碼|认证码|認証コード|暗証番号|"
    "인증번호|رمز التحقق"
)
CARD_CODE = (
    "cvv|cvv2|cvc|cvc2|csc|cvn|card security code|security code|card code|card verification|verification value|"
    "code on the back|digit code|sicherheitscode|prufziffer|prufnummer|kartenprufnummer|code de securite|cryptogramme|"
    "codigo de seguridad|codice di sicurezza|codigo de seguranca|beveiligingscode|kod cvv|kod bezpieczenstwa|"
    "guvenlik kodu|安全码|セキュリティコード"
)
SEED_PHRASE = "seed phrase|seed words|recovery phrase|mnemonic|mnemonic phrase|secret phrase|wiederherstellungsphrase"
CREDENTIALS = (
    "creds|credentials|login data|login details|logins|user pass|user password|username password|"
    "login password|login pass|"
    "username and password|user and password|login and password|user name and password|zugangsdaten|logindaten|"
    "anmeldedaten|benutzername und passwort|identifiants|identifiant et mot de passe|credenciales|usuario y contrasena|"
    "credenziali|inloggegevens|dane logowania|credenciais|giris bilgileri|prihlasovaci udaje|доступы|"
    "логин и пароль|账号密码"
)
"""Behind these a user name and a password stand side by side."""

KEY = (
    "api key|apikey|api token|api secret|app key|app secret|access key|access key id|access token|secret access key|"
    "auth token|auth key|authorization|bearer token|bearer|refresh token|id token|session token|session key|session id|"
    "sessionid|csrf token|client secret|consumer secret|consumer key|shared secret|signing secret|signing key|"
    "webhook secret|webhook key|secret key|secret token|secret|private key|encryption key|master key|account key|"
    "storage key|sas token|service key|deploy key|deploy token|license key|licence key|product key|activation key|"
    "activation code|serial key|recovery key|totp secret|2fa secret|hmac key|token|pat|personal access token|"
    "credential|license|licence|phpsessid|jsessionid|sessid|csrf|xsrf token|key|connection string|jwt|cookie|"
    "x api key|integration key|write key|read key|"
    "lizenzschlussel|api schlussel|schlussel|geheimer schlussel|zugriffstoken|geheimnis|cle api|cle secrete|cle d api|"
    "jeton|cle de licence|clave api|clave secreta|clave de api|clave privada|chiave api|chiave segreta|chave api|"
    "chave secreta|api sleutel|sleutel|klucz api|klucz|api anahtari|anahtar|"
    "ключ|токен|密钥|秘钥|令牌|トークン|秘密鍵|토큰"
)
BANK_ACCOUNT = (
    "account|account number|account num|account no|account nr|account id|acct|acct number|acct no|acct id|acc no|"
    "acc number|acc nr|acc|a/c|ac no|a c no|bank account|bank acct|checking account|savings account|current account|"
    "beneficiary account|deposit account|brokerage account|giro account|"
    "konto|kontonummer|kontonr|kto|kto nr|ktonr|bankkonto|girokonto|sparkonto|bankverbindung|depotnummer|"
    "compte|numero de compte|n de compte|no de compte|compte bancaire|compte courant|rib|"
    "cuenta|numero de cuenta|n de cuenta|num cuenta|nro de cuenta|nro cuenta|cuenta bancaria|cuenta corriente|"
    "cuenta de ahorros|ccc|clabe|clabe interbancaria|cbu|cci|cvu|"
    "conto|numero di conto|numero conto|n conto|conto corrente|c/c|cc bancario|conto bancario|"
    "rekening|rekeningnummer|bankrekening|bankrekeningnummer|banknummer|"
    "rachunek|rachunku|nr rachunku|numer rachunku|nr konta|numer konta|konta|konto bankowe|rachunek bankowy|"
    "conta|conta corrente|numero da conta|conta bancaria|conta poupanca|n da conta|nib|"
    "hesap|hesap no|hesap numarasi|hesap numaram|banka hesabi|kontonummer|bankkontonummer|tilinumero|"
    "cislo uctu|uctu|ucet|c uctu|szamlaszam|bankszamlaszam|so tai khoan|stk|tai khoan|nomor rekening|no rekening|"
    "р/с|счет|счёт|номер счета|номер счёта|расчетный счет|расчётный счёт|лицевой счет|账号|账户|帐号|銀行帳號|"
    "银行账号|银行账户|口座番号|口座|계좌번호|계좌|رقم الحساب|الحساب البنكي|حساب|खाता संख्या"
)
WALLET = (
    "upi|upi id|vpa|gpay|google pay|phonepe|paytm|bhim|wallet|wallet address|btc|btc address|bitcoin|bitcoin address|"
    "eth address|ethereum address|pix"
)
SORT_CODE = "sort|sc|s c"
ITALIAN_BANK = "abi|cab"
BANK_CODE = (
    "sort code|sortcode|routing|routing number|routing no|routing code|aba|aba number|aba routing|rtn|"
    "transit number|transit no|institution number|bsb|bsb number|ifsc|ifsc code|micr|blz|bankleitzahl|"
    "code banque|code guichet|cle rib|codice abi|agencia|agency number|branch code|clearingnummer|clearing nr|"
    "bc nummer|reg nr|registreringsnummer|kod banku|kod banki"
)
CUSTOMER = (
    "policyholder id|policy holder id|insured id|applicant id|candidate id|guest id|passenger id|driver id|"
    "customer account|customer account number|customer id|customer no|customer nr|customer number|customer ref id|"
    "client id|client no|client number|client account|member id|member no|member number|membership|membership number|"
    "membership no|membership id|subscriber id|subscriber number|loyalty number|loyalty card|frequent flyer|"
    "frequent flyer number|patient id|patient number|mrn|medical record number|medical record|employee id|"
    "employee number|employee no|staff id|payroll number|student id|student number|insurance number|insurance id|"
    "health insurance number|kundennummer|kundennr|kunden nr|kunden id|kundenkonto|kundenkontonummer|mitgliedsnummer|"
    "mitgliedsnr|personalnummer|matrikelnummer|versichertennummer|vertragskontonummer|vertragskonto|"
    "numero client|n client|no client|numero de client|code client|compte client|numero d adherent|matricule|"
    "numero de cliente|n de cliente|nro de cliente|codigo de cliente|numero de socio|codice cliente|numero cliente|"
    "numero tessera|tessera|klantnummer|klant nr|klantnr|lidnummer|relatienummer|numer klienta|nr klienta|"
    "id klienta|numero do cliente|codigo do cliente|n de socio|musteri no|musteri numarasi|musteri numaram|abone no|"
    "kundnummer|medlemsnummer|asiakasnumero|zakaznicke cislo|cislo zakaznika|ugyfelszam|ma khach hang|"
    "номер клиента|客户编号|客户号|会员号|会员卡号|会員番号|お客様番号|고객번호|회원번호|رقم العميل"
)
ROLE = "member|customer|client|patient|subscriber|employee|policyholder"
"""Whose number may follow behind a number sign."""

USERNAME = (
    "logged in as|signed in as|log in as|login as|sign in as|logged on as|authenticated as|connected as|angemeldet als|"
    "username|user name|user id|userid|user|login|login name|login id|logon|logon name|log in|"
    "screen name|screenname|account name|sam account name|samaccountname|uid|uname|usr|"
    "benutzername|benutzer|benutzerkennung|benutzer id|nutzername|nutzer|nutzerkennung|anmeldename|kennung|loginname|"
    "nom d utilisateur|utilisateur|identifiant|pseudonyme|nom de compte|"
    "usuario|nombre de usuario|nom de usuario|usuaria|id de usuario|"
    "nome utente|utente|id utente|"
    "gebruikersnaam|gebruiker|inlognaam|loginnaam|"
    "nazwa uzytkownika|uzytkownik|uzytkownika|nazwa konta|loginem|loginu|"
    "nome de usuario|nome de utilizador|utilizador|"
    "kullanici adi|kullanici adim|kullanici|anvandarnamn|anvandare|brugernavn|bruger|brukernavn|bruker|kayttajatunnus|"
    "kayttajanimi|uzivatelske jmeno|uzivatel|prihlasovaci jmeno|pouzivatelske meno|pouzivatel|felhasznalonev|"
    "ten dang nhap|tai khoan dang nhap|nama pengguna|"
    "логин|логином|имя пользователя|пользователь|用户名|用户|帐户名|账户名|使用者名稱|"
    "ユーザー名|ユーザーid|ユーザid|ログインid|사용자명|사용자|아이디|اسم المستخدم|उपयोगकर्ता नाम|ονομα χρηστη|שם משתמש"
)
BIRTH = (
    "date of birth|dateofbirth|d o b|dob|birth date|birthdate|birth day|birthday|bday|b day|born|born on|day of birth|"
    "geburtsdatum|geburtstag|geb datum|geboren|geb|geb am|gebdat|geborene|geborener|"
    "date de naissance|ne le|nee le|ne(e) le|ne a|nee a|ne en|nee en|naissance|anniversaire|ddn|"
    "fecha de nacimiento|fecha nacimiento|f nacimiento|f nac|f de nac|fec nac|fecha nac|fdn|nacido|nacida|"
    "nacido el|nacida el|naci el|"
    "nacimiento|cumpleanos|data di nascita|nato il|nata il|nato|nata|nascita|compleanno|"
    "geboortedatum|geboren op|geb datum|verjaardag|data urodzenia|ur|urodzony|urodzona|urodziny|urodzonego|urodzonej|"
    "data de nascimento|nascido em|nascida em|nascido|nascida|nascimento|aniversario|dn|"
    "dogum tarihi|dogum tarihim|dogum gunu|dogumlu|fodselsdato|fodselsdag|fodt|fodd|fodelsedatum|fodelsedag|"
    "syntymaaika|syntynyt|syntymapaiva|datum narozeni|narozen|narozena|dat nar|datum narodenia|narodeny|narodena|"
    "szuletesi datum|szuletett|data nasterii|nascut|nascuta|ngay sinh|sinh ngay|tanggal lahir|lahir|"
    "дата рождения|родился|родилась|д.р|г.р|день рождения|出生日期|出生年月日|出生|生日|生年月日|誕生日|생년월일|생일|"
    "تاريخ الميلاد|ولد في|जन्म तिथि|जन्मतिथि|ημερομηνια γεννησης|תאריך לידה"
)
DOCUMENT = (
    "numero d identite|alien registration|alien registration number|uscis number|"
    "passport|passport number|passport no|passport nr|passport id|travel document|passnummer|pass nr|passnr|"
    "driving licence|driving license|drivers license|drivers licence|driver license|driver licence|driver s license|"
    "driver s licence|driving permit|licence number|license number|licence no|license no|dl number|dl no|dl|dln|"
    "identity card|identity card number|identity document|identity number|id card|id card number|id document|"
    "national id|national id number|national identification number|national identity number|national insurance no|"
    "government id|state id|citizen id|personal id|personal id number|personal identification number|"
    "personal number|identification number|identification no|tax id|tax id number|tax number|tax identification number|"
    "taxpayer id|taxpayer identification number|residence permit|green card|alien number|visa number|"
    "reisepass|reisepassnummer|reisepass nr|ausweis|ausweisnummer|ausweis nr|ausweisnr|personalausweis|"
    "personalausweisnummer|personalausweis nr|perso|perso nr|fuhrerschein|fuhrerscheinnummer|fuhrerschein nr|"
    "aufenthaltstitel|"
    "passeport|numero de passeport|n de passeport|permis|permis de conduire|numero de permis|carte d identite|"
    "carte nationale d identite|cni|titre de sejour|carte de sejour|piece d identite|"
    "pasaporte|numero de pasaporte|permiso de conducir|carnet de conducir|carne de conducir|licencia de conducir|"
    "licencia de conduccion|carnet de identidad|tarjeta de residencia|cedula|"
    "passaporto|numero di passaporto|patente|patente di guida|carta d identita|carta di identita|"
    "paspoort|paspoortnummer|rijbewijs|rijbewijsnummer|identiteitskaart|id kaart|documentnummer|"
    "paszport|paszportu|nr paszportu|numer paszportu|dowod|dowod osobisty|dowodu|dowodem|dowodzie|paszportem|"
    "nr dowodu|numer dowodu|"
    "seria i numer dowodu|prawo jazdy|prawa jazdy|"
    "passaporte|numero do passaporte|carteira de motorista|carteira de habilitacao|cnh|carta de conducao|"
    "carteira de identidade|carta de identidade|titulo de eleitor|"
    "pasaport|pasaport no|pasaport numarasi|pasaport numaram|ehliyet|ehliyet no|surucu belgesi|"
    "korkort|korkortsnummer|forerkort|korekort|ajokortti|passi|cestovni pas|cislo pasu|"
    "obciansky preukaz|cislo op|obcansky prukaz|ridicsky prukaz|vodicsky preukaz|utlevel|szemelyi igazolvany|"
    "ho chieu|so ho chieu|giay phep lai xe|gplx|paspor|"
    "водительское удостоверение|в/у|удостоверение|护照|护照号|驾照|驾驶证|驾照号|军官证|パスポート|旅券番号|運転免許証|"
    "免許証|여권|여권번호|운전면허|운전면허번호|جواز السفر|جواز|رخصة القيادة|पासपोर्ट|διαβατηριο|דרכון"
)
SOCIAL_SECURITY = "ssn|social security|social security number|social security no|soc sec|social|ss number|ssn number"
CARD = (
    "card|card number|card no|card num|cardnumber|credit card|credit card number|debit card|debit card number|"
    "cc|cc number|"
    "ccnum|cc num|visa|mastercard|amex|american express|maestro|kreditkarte|kreditkartennummer|kartennummer|karten nr|"
    "karte|bankkarte|ec karte|carte|carte bancaire|numero de carte|n de carte|carte bleue|cb|tarjeta|"
    "numero de tarjeta|tarjeta de credito|tarjeta de debito|carta|carta di credito|numero carta|numero di carta|"
    "creditcard|kaartnummer|karta|karty|numer karty|nr karty|cartao|cartao de credito|numero do cartao|kart|"
    "kart numarasi|kart numaram|kredi karti|kortnummer|kort|cislo karty|номер карты|карта|карты|卡号|信用卡|银行卡号|"
    "银行卡|カード番号|カード|카드번호|카드|بطاقة|رقم البطاقة"
)

MONTHS = (
    "january|jan|february|feb|march|mar|april|apr|may|june|jun|july|jul|august|aug|september|sept|sep|october|oct|"
    "november|nov|december|dec|januar|janner|februar|feber|marz|mai|juni|juli|oktober|okt|dezember|dez|"
    "janvier|janv|fevrier|fevr|fev|mars|avril|avr|juin|juillet|juil|aout|septembre|octobre|novembre|decembre|"
    "enero|ene|febrero|marzo|abril|abr|mayo|junio|julio|agosto|ago|septiembre|setiembre|set|octubre|noviembre|"
    "diciembre|dic|gennaio|gen|febbraio|aprile|maggio|mag|giugno|giu|luglio|lug|settembre|ottobre|ott|novembre|"
    "dicembre|januari|februari|maart|mrt|mei|augustus|"
    "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|wrzesnia|pazdziernika|listopada|grudnia|"
    "janeiro|fevereiro|marco|maio|junho|julho|setembro|outubro|dezembro|out|"
    "ocak|subat|mart|nisan|mayis|haziran|temmuz|agustos|eylul|ekim|kasim|aralik|"
    "ledna|unora|brezna|dubna|kvetna|cervna|cervence|srpna|zari|rijna|listopadu|prosince|"
    "marts|maj|augusti|januara|februara|aprila|juna|jula|augusta|septembra|oktobra|novembra|decembra|"
    "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
)
"""Months as dates name them, short forms too: one short form serves several languages."""

PLATFORM = (
    "handle|nick|nickname|pseudo|gamertag|gamer tag|steam id|psn|psn id|xbox|skype|skype id|telegram|discord|slack|"
    "slack id|insta|instagram|ig|twitter|tiktok|snapchat|snap|mastodon|bluesky|github|gitlab|wechat|wechat id|"
    "weixin|line id|kakao|kakao id|reddit|twitch|微信号|微信|昵称|ник|никнейм"
)
"""Where people have handles; behind these, what follows must look like one."""

NO_PASSWORD = """
    none null nil true false yes no not n/a empty blank required optional invalid incorrect wrong expired reset changed
    unknown missing forgotten lost hidden removed redacted masked see below above attached same please correct failed
    strong weak string text policy manager protected prompt protection vergessen falsch ungultig abgelaufen siehe unten
    oben keine geandert zuruckgesetzt oublie invalide incorrecte expire voir aucun olvidada incorrecta vacia ver ninguna
    dimenticata errata scaduta vedi nessuna vergeten onjuist verlopen zie geen zapomniane bledne brak esqueci incorreta
    nenhuma the a an my your our his her their this that is was has have will must should can to of for in on at
"""
"""What stands behind `password:` and is none."""

OF_ANYBODY = """
    user login logon benutzer nutzer utilisateur usuario usuaria utente gebruiker uzytkownik uzytkownika utilizador
    kullanici anvandare bruger bruker uzivatel pouzivatel
"""
"""Labels of `USERNAME` of which much else is said: "the user is patient"."""

NOBODY = """
    root admin administrator user users guest test none null true false system anonymous unknown name id login the a an
    is was has and or not new all required optional invalid support team sales info service n/a here below above page
    account please failed error errors success yes no email mail phone password disabled enabled locked blocked expired
    active inactive pending unavailable working broken down up ok okay missing changed reset deleted created
"""
"""What stands behind `user:` and names nobody."""

GLUED = (
    "password|pass|passwd|passwort|kennwort|wachtwoord|apikey|api_key|api-key|secret|token|access_key|accesskey|"
    "private_key|privatekey"
)
"""Labels that also end a longer name: `dbPassword`, `CLIENTSECRET`, `Datenbankpasswort`."""
