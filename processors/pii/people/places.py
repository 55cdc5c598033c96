"""Words with a capital that are no people although some are also names: places, times, peoples, firms, abbreviations.

Folded, as texts are. Written for this project: what a reader of CRM texts in Europe, the Americas and Asia meets.
"""

from __future__ import annotations

import re

_PLACES = """
    africa america americas asia europe oceania antarctica emea apac latam dach benelux nordics scandinavia
    afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain bangladesh
    barbados belarus belgium belize benin bhutan bolivia bosnia botswana brazil brasil brunei bulgaria burkina burundi
    cambodia cameroon canada chad chile china colombia congo croatia cuba cyprus czechia denmark djibouti dominica
    ecuador egypt eritrea estonia ethiopia fiji finland france gabon gambia germany ghana greece grenada guatemala
    guinea guyana haiti honduras hungary iceland india indonesia iran iraq ireland israel italy jamaica japan jordan
    kazakhstan kenya kiribati korea kosovo kuwait laos latvia lebanon lesotho liberia libya liechtenstein lithuania
    luxembourg madagascar malawi malaysia maldives mali malta mauritania mauritius mexico moldova monaco mongolia
    montenegro morocco mozambique myanmar namibia nepal netherlands nicaragua niger nigeria norway oman pakistan palau
    panama paraguay peru philippines poland portugal qatar romania russia rwanda samoa senegal serbia seychelles
    singapore slovakia slovenia somalia spain sudan suriname sweden switzerland syria taiwan tajikistan tanzania
    thailand togo tonga tunisia turkey turkiye turkmenistan uganda ukraine uruguay uzbekistan vanuatu venezuela vietnam
    yemen zambia zimbabwe usa uae uk deutschland osterreich schweiz frankreich spanien italien polen tschechien
    niederlande belgien danemark schweden norwegen finnland russland turkei griechenland ungarn england scotland wales
    britain espana francia alemania italia portugal inglaterra allemagne espagne angleterre suisse belgique pologne
    polska niemcy czechy hiszpania wlochy nederland duitsland belgie danmark sverige norge suomi ceska slovensko
    london manchester birmingham leeds liverpool bristol sheffield edinburgh glasgow cardiff belfast dublin cork
    oxford cambridge brighton nottingham leicester coventry bradford plymouth southampton portsmouth york durham
    newcastle reading norwich exeter bath paris lyon marseille toulouse bordeaux lille nantes nice strasbourg rennes
    montpellier grenoble berlin hamburg munchen munich koln cologne frankfurt stuttgart dusseldorf dortmund essen
    leipzig dresden hannover bremen nurnberg nuremberg bonn mannheim karlsruhe wien vienna graz linz salzburg innsbruck
    zurich geneva geneve basel bern lausanne madrid barcelona valencia sevilla seville zaragoza malaga murcia palma
    bilbao alicante cordoba valladolid vigo granada rome roma milan milano naples napoli turin torino palermo genoa
    genova bologna florence firenze venice venezia verona lisbon lisboa porto braga coimbra amsterdam rotterdam utrecht
    eindhoven groningen tilburg brussels bruxelles brussel antwerp antwerpen ghent gent bruges copenhagen kobenhavn
    aarhus odense aalborg stockholm goteborg gothenburg malmo uppsala oslo bergen trondheim stavanger helsinki espoo
    tampere turku reykjavik warsaw warszawa krakow lodz wroclaw poznan gdansk szczecin katowice lublin prague praha brno
    ostrava bratislava kosice budapest debrecen bucharest sofia zagreb belgrade ljubljana athens thessaloniki istanbul
    ankara izmir bursa antalya adana moscow moskva petersburg kiev kyiv odessa kharkiv lviv minsk riga tallinn vilnius
    tokyo osaka kyoto nagoya yokohama sapporo fukuoka seoul busan beijing shanghai guangzhou shenzhen chengdu wuhan
    hangzhou tianjin nanjing hong kong macau taipei hanoi saigon bangkok manila jakarta kuala lumpur mumbai delhi
    bangalore bengaluru hyderabad chennai kolkata pune ahmedabad jaipur lahore karachi islamabad dhaka colombo
    kathmandu dubai abu dhabi doha riyadh jeddah cairo alexandria beirut amman baghdad tehran tel aviv jerusalem haifa
    lagos abuja accra nairobi kampala johannesburg durban pretoria casablanca tunis algiers sydney melbourne brisbane
    perth adelaide canberra auckland wellington christchurch toronto montreal vancouver calgary ottawa edmonton quebec
    winnipeg halifax mexico guadalajara monterrey bogota medellin cali lima quito caracas santiago buenos aires rosario
    montevideo rio janeiro sao paulo brasilia salvador fortaleza recife curitiba manaus havana
    alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois
    indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana
    nebraska nevada hampshire jersey carolina dakota ohio oklahoma oregon pennsylvania rhode tennessee texas utah
    vermont virginia washington wisconsin wyoming columbia ontario alberta manitoba saskatchewan nova scotia
    york angeles chicago houston phoenix philadelphia antonio diego dallas austin jacksonville columbus charlotte
    indianapolis seattle denver boston nashville detroit portland vegas memphis louisville baltimore milwaukee
    albuquerque tucson fresno sacramento mesa atlanta omaha miami oakland minneapolis tulsa tampa arlington wichita
    bakersfield aurora anaheim honolulu orlando pittsburgh cincinnati cleveland raleigh durham madison tempe buffalo
    rochester richmond spokane boise dayton toledo manhattan brooklyn queens bronx westminster kensington hollywood
    bavaria bayern sachsen hessen westfalen brandenburg thuringen saarland niedersachsen normandie bretagne provence
    alsace bourgogne catalunya cataluna andalucia galicia aragon lombardia toscana sicilia sardegna lazio veneto
    atlantic pacific mediterranean baltic rhine danube thames
"""

_TIMES = """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun
    januar februar marz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonnabend
    sonntag janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi
    vendredi samedi dimanche enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    lunes martes miercoles jueves viernes sabado domingo gennaio febbraio aprile maggio giugno luglio settembre ottobre
    dicembre lunedi martedi mercoledi giovedi venerdi sabato domenica janeiro fevereiro marco maio junho julho setembro
    outubro novembro dezembro segunda terca quarta quinta sexta januari februari maart mei augustus maandag dinsdag
    woensdag donderdag vrijdag zaterdag zondag styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien
    pazdziernik listopad grudzien poniedzialek wtorek sroda czwartek piatek sobota niedziela ocak subat mart nisan mayis
    haziran temmuz agustos eylul ekim kasim aralik pazartesi sali carsamba persembe cuma cumartesi pazar
    christmas easter ramadan diwali hanukkah thanksgiving halloween weihnachten ostern noel pascua navidad
    spring summer autumn winter
"""

_PEOPLES = """
    english german french spanish italian portuguese dutch danish swedish norwegian finnish polish czech slovak russian
    ukrainian turkish greek hungarian romanian bulgarian croatian serbian slovenian hebrew arabic hindi urdu bengali
    tamil telugu chinese mandarin cantonese japanese korean vietnamese thai malay indonesian tagalog swahili latin
    american british irish scottish welsh canadian australian mexican brazilian argentine colombian chilean peruvian
    indian pakistani iranian iraqi israeli egyptian nigerian kenyan african european asian austrian swiss belgian
    deutsch deutsche deutscher englisch franzosisch spanisch italienisch francais anglais allemand espagnol espanol
    ingles aleman frances italiano portugues christian muslim jewish catholic protestant buddhist hindu islam
    muslims arab arabs kurd kurdish iraqis sunni shia shiite jihad christians jews buddhists asians europeans americans
    democrat republican congress senate parliament
"""

_FIRMS = """
    google microsoft apple amazon facebook meta twitter linkedin netflix oracle sap salesforce hubspot zendesk
    freshdesk freshworks intercom pipedrive zoho dynamics marketo pardot eloqua mailchimp sendgrid twilio segment
    gong chorus outreach salesloft apollo drift front help helpscout kustomer gorgias gainsight totango servicenow
    jira confluence atlassian asana trello notion slack zoom teams webex stripe paypal adyen square klarna shopify
    magento bigcommerce wix wordpress squarespace github gitlab bitbucket docker kubernetes jenkins azure aws gcp
    snowflake databricks redshift bigquery tableau looker powerbi qlik mulesoft zapier workato okta auth duo
    lastpass bitwarden dropbox box adobe autodesk intuit quickbooks xero sage netsuite workday adp gusto rippling
    deel ibm intel amd nvidia cisco dell lenovo samsung sony siemens bosch philips nokia ericsson huawei xiaomi
    android iphone ipad ios windows linux ubuntu debian macos chrome firefox safari edge opera outlook gmail yahoo
    hotmail excel word powerpoint sharepoint onedrive alexa siri cortana copilot gemini claude chatgpt openai
    anthropic mistral watson einstein chase citi citibank barclays lloyds natwest santander hsbc monzo revolut
    starling wise visa mastercard amex maestro discover commerzbank sparkasse postbank volksbank ing rabobank fargo
    morgan goldman merrill schwab fidelity vanguard deloitte ernst kpmg pwc accenture capgemini infosys wipro tata
    mckinsey bain walmart target costco tesco sainsbury sainsburys asda waitrose aldi lidl carrefour edeka rewe ikea
    amazon ebay etsy zalando otto dhl ups fedex usps dpd hermes gls royal maersk ford toyota honda nissan bmw audi
    mercedes porsche tesla volkswagen renault peugeot citroen fiat ferrari volvo skoda boeing airbus lufthansa
    ryanair emirates hilton marriott hyatt sheraton airbnb uber lyft booking expedia nike adidas puma zara gucci
    prada chanel armani boss lauren klein nestle danone unilever heinz kellogg pepsi cola pfizer bayer novartis
    roche merck abbott lilly johnson procter gamble ada jasper harvey marcus amelia cora dixa clara otto hugo oscar
    casper dave albert erica sierra tessa ellie aria felix clari gladly talkdesk dialpad aircall genesys braze
    klaviyo iterable chargebee zuora medallia qualtrics tidio copper close monday sugarcrm personio lexoffice
    doctolib vodafone telekom telefonica movistar orange bouygues allianz axa generali mapfre ergo zurich miele
    dyson braun bose kodak canon nikon logitech garmin fitbit peloton gopro enterprise premium standard basic
    professional starter business ultimate platinum gold silver trial
"""

_ABBREVIATIONS = """
    iban bic swift vat ein tin ssn nhs dob doa poa pin puk otp mfa sso api sdk url uri ip vpn dns cpu gpu ram ssd
    usb hdmi lan wan sku upc ean isbn asin rma po so pn sn id uid guid uuid ref nr no num qty amt inv ord crm erp
    hcm wms cms ats plm arr mrr acv tcv nrr grr cac ltv ebitda roi kpi okr qbr ebr mbr nps csat ces sla slo sow msa
    nda dpa rfp rfi rfq poc mvp uat qa dev ops vp svp evp avp md dm ae se csm sdr bdr am cs pm po eng mgr dir asst
    exec govt dept corp hq ceo cfo cto coo cio cmo cpo ciso hr it pr rd fyi asap eod eow eom tba tbd tbc na ooo wfh
    faq tldr btw imo afaik lm vm lvm cb fu ans msg acct pmt cc bcc fwd re aw wg tr rv sv vs ps nb pdf csv xml json
    html sql ssh ftp http https gdpr dsgvo rgpd lgpd ccpa hipaa pci soc iso eta etd utc gmt cet cest est edt pst pdt
    cst mst ist bst am usd eur gbp chf jpy cny inr brl pln czk sek nok dkk try aud cad mxn cpf cnpj nif nie dni cif
    rfc curp pesel nip regon siret siren insee bsn kvk btw ust mwst tva iva pan aadhaar gst ico dic rut cedula
    steuer ustid plz stk sdt cmnd cccd tckn
"""

TIMES = frozenset(_TIMES.split())
"""Months, days, feasts and seasons."""

PLACES = frozenset(f"{_ABBREVIATIONS} {_PLACES} {_TIMES} {_PEOPLES} {_FIRMS}".split())
"""Single words, folded. That a word is here does not stop it from being a name: it takes more to make it one."""

_LIKE_PEOPLE = """
    north america, south america, latin america, central america, south africa, north korea, south korea, west virginia,
    north carolina, south carolina, north dakota, south dakota, new jersey, new mexico, new zealand, new york,
    new england,
    morgan stanley, wells fargo, charles schwab, goldman sachs, merrill lynch, j p morgan, jp morgan, jones day,
    ernst young, philip morris, eli lilly, oliver wyman, baker mckenzie, booz allen, edward jones, raymond james,
    franklin templeton, robert half, fannie mae, freddie mac, sallie mae, dun bradstreet, morgan lewis, brown
    brothers, jefferies financial, calvin klein, ralph lauren, hugo boss, louis vuitton, tommy hilfiger, michael
    kors, kate spade, marc jacobs, jimmy choo, karl lagerfeld, yves rocher, yves saint laurent, estee lauder, mary
    kay, max mara, giorgio armani, salvatore ferragamo, stella mccartney, vera wang, jack daniels, johnnie walker,
    jim beam, captain morgan, jose cuervo, dom perignon, stella artois, ben jerrys, tim hortons, papa johns, jimmy
    johns, carls jr, trader joes, whole foods, barnes noble, brooks brothers, dick sporting, sherwin williams, john
    deere, harley davidson, aston martin, alfa romeo, mercedes benz, rolls royce, carl zeiss, robert bosch, levi
    strauss, warner bros, marie claire, leroy merlin, peter hahn, jack wolfskin, fred perry, dr martens, dr oetker,
    dr pepper, victoria secret, betty crocker, uncle bens, aunt jemima, johnson johnson, johnson controls,
    abercrombie fitch, harry potter, sherlock holmes, santa claus, charlie hebdo, madame tussauds, john lewis, laura
    ashley, holland barrett, hermes eparcel, virgin atlantic, jenny craig, jackson hewitt, hr block, merck sharp,
    joe public, john doe, jane doe, max mustermann, erika mustermann
"""

LIKE_PEOPLE = frozenset(" ".join(name.split()) for name in re.split(",", _LIKE_PEOPLE))
"""Firms, brands and places whose words are usual names: only a list tells them from people."""
