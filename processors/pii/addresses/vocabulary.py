"""What the parts of an address are called. Written for this project, as folded text has the words: without accents."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """Give the entries of a table, which commas part."""
    return tuple(dict.fromkeys(entry.strip() for entry in text.replace("\n", " ").split(",") if entry.strip()))


BEHIND = listed("""
    street, str, st, avenue, ave, av, road, rd, boulevard, blvd, lane, ln, parkway, pkwy, highway, hwy, expressway,
    expy, terrace, ter, crescent, cres, turnpike, tpke, broadway, freeway, causeway, esplanade, mews, close,
    cul-de-sac, nagar, marg, salai, caddesi, cad, cd, sokak, sokagi, sok, sk, bulvari, blv, mahallesi, mah, utca,
    ut, korut, nam., namesti, namestie, trida, tanav, puiestee, gatve, iela, katu, gata, gatan, vagen, vej, gade,
    alle, straat, laan, weg, gasse, strase, strasse, platz
""")
"""Behind the name, and hardly anything else: "12 High Street", "Atatürk Caddesi No: 29", "Berliner Straße 5"."""

BEHIND_DOUBTFUL = listed("""
    drive, dr, court, ct, place, pl, square, sq, way, circle, cir, trail, trl, loop, park, point, pt, pike, plaza,
    run, row, walk, path, pass, gardens, gdns, garden, grove, gr, green, hill, hills, view, vista, yard, gate,
    cross, crossing, heights, hts, ridge, valley, field, fields, meadow, meadows, mill, mount, rise, vale, wharf,
    quay, bend, hollow, landing, manor, ville, village, via, common, commons, center, centre, circus, parade, fort,
    forge, harbor, island, junction, key, knoll, lake, lodge, mission, orchard, oval, overpass, plain, prairie,
    ranch, rapid, rest, shoal, shore, spring, springs, station, stravenue, stream, summit, trace, track, tunnel,
    turn, union, well, wells, bridge, brook, bypass, camp, canyon, cape, cliff, club, corner, corners, course, cove,
    creek, dale, dam, divide, estate, estates, extension, falls, ferry, flat, ford, forest, fork, glen, haven,
    inlet, isle, layout, colony, sector, phase, enclave, vihar, alley, aly, arcade, frontage, gully, rue, drives,
    courts, locks, forges, plains, ways, cliffs, ramp, rapids, spur, trafficway, underpass, islands, brooks, lakes,
    shores, squares, streets, roads, parks, parkways, mountain, mountains, motorway, neck, port, ports, radial,
    shoals, skyway, throughway, viaduct, villages, zila, chowk
""")
"""Behind the name, but words of their own too ("5 Google Drive licences"): they need another part beside them."""

GLUED = listed("""
    strase, strasse, str, weg, allee, gasse, damm, ufer, stieg, chaussee, straat, laan, gracht, plein, kade, singel,
    steeg, dreef, vagen, gatan, stigen, torget, vej, gade, stien, plads, veien, vegen, gata, gaten, katu, kuja,
    polku, raitti, utca, gate, nam, namesti, namestie, ulice, trida, tanav, sokak, caddesi, vag, plass, vyhliadka,
    cesta
""")
"""The end of one word: Lindenallee, Keizersgracht, Storgatan."""

GLUED_DOUBTFUL = listed("""
    platz, ring, steig, pfad, graben, markt, berg, brucke, bruecke, wall, tor, hof, kamp, stiege, zeile, promenade,
    dijk, hoek, grand, backen, alle, tie, baan, pad, lei, boulevard, hove, wijk, park, ut, u, ter, korut, koz,
    setany, sor, vag, rad
""")
"""As `GLUED`, but ends of other words too ("Monitoring 24", "Speicherplatz 50"): they need another part beside them."""

BEFORE = listed("""
    rue, avenue, av., ave, boulevard, bd, bld, boul., place, impasse, chemin, allee, allees, quai, route, rte,
    square, passage, villa, sentier, cite, residence, lotissement, faubourg, fbg, rond-point, cours, venelle,
    ruelle, esplanade, via, viale, v.le, piazza, p.zza, piazzale, corso, c.so, vicolo, largo, lungomare, strada,
    contrada, localita, salita, calle, c/, avenida, avda., avda, paseo, plaza, pza., carretera, ctra., camino,
    ronda, travesia, callejon, glorieta, urbanizacion, urb., carrer, avinguda, passeig, placa, cuesta, carrera,
    cra., rambla, poligono, cami, rua, travessa, praca, estrada, alameda, rodovia, beco, viela, quadra, ul., ul,
    ulica, al., aleja, aleje, pl., plac, os., osiedle, ulice, tr., trida, nam., namesti, namestie, nabr., str., bd.,
    calea, bulevardul, soseaua, jl., jalan, duong, pho, acceso, callejuela, canada, pasadizo, pasaje, rincon,
    rinconada, riera, vial, plazuela, costanera, barranco, prolongacion, privada, circuito, diagonal, periferico,
    calzada, eje vial, cerrada, andador, retorno, viaducto, incrocio, stretto, rotonda, borgo, canale, vico,
    passarela, jardim, viaduto, ladeira, lagoa, morro, nucleo, parque, patio, praia, residencial, setor, sitio,
    trevo, trecho, vale, vereda, vila, condominio, conjunto, colonia, chacara, campo, distrito, esplanada, estacao,
    fazenda, feira, loteamento, recanto, quinta, drumul, aleea, intrarea, splaiul, piata, r., c., av, ch., cl.
""")
"""Before the name: "rue des Lilas", "ul. Długa", "Calle Mayor"."""

BEFORE_SHORT = listed("r., c., av, ch., cl., al., os., pl., tr.")
"""Of these, abbreviations that are initials and ends of sentences too: they always need another part beside them."""

BEFORE_DOUBTFUL = listed("""
    via, place, passage, square, villa, cours, route, carrera, quadra, cite, residence, avenue, str, al, os, pl, r.,
    c., ch., av, av., cl., strada, plaza, camino, allees, allee, esplanade, lote, largo, bd., cra., jl., pho, duong,
    tr., nam., acceso, canada, rincon, vial, circuito, diagonal, periferico, retorno, borgo, canale, vico, jardim,
    lagoa, morro, nucleo, parque, patio, praia, residencial, setor, sitio, trecho, vale, vereda, vila, condominio,
    conjunto, colonia, campo, distrito, estacao, fazenda, feira, quinta, privada, pasaje, stretto, rotonda, incrocio
""")
"""Of these, what is a word of other languages too: in lower case ("via SWIFT 9 days ago") they need another part."""

PREPOSITIONS = listed("""
    am, an der, an den, an dem, im, in der, in den, auf der, auf dem, auf den, zum, zur, zu den, unter den, unter
    der, hinter der, hinter dem, vor dem, vor der, bei der, beim, alte, alter, altes, neue, neuer, kleine, kleiner,
    grose, groser, lange, obere, oberer, untere, unterer, hohe, hoher, kurze, breite, op de, op den, aan de, aan
    het, korte, store, lille, gamle, nye, gammel, lilla, stora, norra, sodra, ostra, vastra, ovre, nedre, vestre,
    ostre, nordre, sondre
""")
"""What opens a German or Dutch street that has no word for one: Am Mühlbach, Unter den Linden."""

UNITS = listed("""
    apt, apartment, appartement, appt, app, suite, ste, unit, flat, floor, fl, room, rm, building, bldg, block, blk,
    lot, trailer, penthouse, ph, no, nr, lok, lokal, m, mieszkanie, piso, puerta, pta, esc, escalera, bloque,
    portal, interno, int, scala, piano, batiment, bat, etage, escalier, porte, wohnung, whg, top, stiege, og, stock,
    hinterhaus, daire, d, kat, apto, apartamento, andar, bloco, bl, lote, sala, loja, bus, verdieping, huis, kamer,
    lgh, tv, th, mf, byt, dvere, kv, kom, studio, appartamento, edif, edificio, depto, departamento, interior, casa,
    manzana, mz, lt, sc, ap, et, h.no, plot, door, house, level
""")
"""What a part of a house is called, before its number or letter."""
UNITS_ALONE = listed("apt, apartment, appartement, appt, apto, flat no, lgh")
"""What is hardly ever anything but a home, so that it counts alone."""

BOXES = listed("""
    p.o. box, po box, p o box, p.o.box, pobox, post office box, gpo box, postbox, private bag, locked bag, postfach,
    pf., boite postale, b.p., bp, apartado de correos, apartado postal, apartado, apdo. de correos, apdo., apdo,
    casella postale, c.p., postbus, skrytka pocztowa, skr. poczt., skr. pocz., caixa postal, postboks, postlada, pk,
    p.k., postafiok, p.o. boks, box office box
""")

COUNTRIES = listed("""
    USA, U.S.A., US, United States, United States of America, UK, U.K., United Kingdom, Great Britain, England,
    Scotland, Wales, Northern Ireland, Ireland, Germany, Deutschland, Allemagne, Alemania, Germania, Niemcy, France,
    Frankreich, Francia, Francja, Spain, Spanien, Espana, Espagne, Spagna, Hiszpania, Italy, Italien, Italia,
    Italie, Wlochy, Netherlands, The Netherlands, Niederlande, Nederland, Pays-Bas, Holland, Poland, Polen, Polska,
    Pologne, Polonia, Austria, Osterreich, Oesterreich, Autriche, Switzerland, Schweiz, Suisse, Svizzera, Belgium,
    Belgien, Belgique, Belgie, Portugal, Brazil, Brasil, Bresil, India, China, Japan, Canada, Mexico, Australia, New
    Zealand, Denmark, Danmark, Sweden, Sverige, Norway, Norge, Finland, Suomi, Iceland, Estonia, Eesti, Latvia,
    Lithuania, Czech Republic, Czechia, Cesko, Slovakia, Slovensko, Hungary, Magyarorszag, Romania, Bulgaria,
    Greece, Turkey, Turkiye, Cyprus, Malta, Slovenia, Croatia, Hrvatska, Serbia, Ukraine, Russia, Israel, South
    Africa, Egypt, Tunisia, Tunisie, Morocco, Maroc, Nigeria, Kenya, Argentina, Chile, Colombia, Peru, Uruguay,
    Venezuela, Singapore, Malaysia, Thailand, Vietnam, Viet Nam, Indonesia, Philippines, South Korea, Taiwan, Hong
    Kong, United Arab Emirates, UAE, Saudi Arabia, Luxembourg, Luxemburg, Liechtenstein, Monaco, Greenland
""")

US_STATES = listed("""
    AL, AK, AZ, AR, CA, CO, CT, DE, FL, GA, HI, ID, IL, IN, IA, KS, KY, LA, ME, MD, MA, MI, MN, MS, MO, MT, NE, NV,
    NH, NJ, NM, NY, NC, ND, OH, OK, OR, PA, RI, SC, SD, TN, TX, UT, VT, VA, WA, WV, WI, WY, DC, PR, ON, QC, BC, AB,
    MB, SK, NS, NB, NL, PE, NU, YT, NSW, VIC, QLD, SA, TAS, ACT, NT
""")
"""Of the United States, Canada and Australia: all stand between a town and its postcode."""
US_STATE_NAMES = listed("""
    Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Georgia, Hawaii,
    Idaho, Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts, Michigan,
    Minnesota, Mississippi, Missouri, Montana, Nebraska, Nevada, New Hampshire, New Jersey, New Mexico, New York,
    North Carolina, North Dakota, Ohio, Oklahoma, Oregon, Pennsylvania, Rhode Island, South Carolina, South Dakota,
    Tennessee, Texas, Utah, Vermont, Virginia, Washington, West Virginia, Wisconsin, Wyoming, Ontario, Quebec,
    British Columbia, Alberta
""")

POSTCODES_BEFORE = (
    r"[0-9]{5}-?[0-9]{3}",  # BR
    r"(?:[A-Z]{1,3}[ \-])?[0-9]{5}",  # DE, FR, ES, IT, TR, FI, MX, ...; D-20095, I-00185, LT-01100
    r"[0-9]{4} ?[A-Z]{2}(?!\w)",  # NL
    r"[0-9]{3} [0-9]{2}",  # CZ, SK, SE, GR
    r"(?:[A-Z]{1,3}[ \-])?[0-9]{4}(?:-[0-9]{3})?",  # AT, CH, BE, DK, NO, HU; PT
    r"[0-9]{2}-[0-9]{3}",  # PL
)
"""Shapes of postcodes that stand before the town."""
BRITISH_POSTCODE = r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}"
CANADIAN_POSTCODE = r"[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"
POSTCODES_BEHIND = (
    BRITISH_POSTCODE,
    CANADIAN_POSTCODE,
    r"[0-9]{5}(?:-[0-9]{4})?",  # US
    r"[A-Z][0-9]{2} ?[A-Z0-9]{4}",  # IE
    r"[1-9][0-9]{2} ?[0-9]{3}",  # IN, SG, RU, CN
    r"[0-9]{5}-[0-9]{3}",  # BR
)
"""Shapes of postcodes that stand behind the town."""

LABELS = listed("""
    address, addr, mailing address, street address, street, address line, address line 1, address1, line1, adresse,
    anschrift, lieferadresse, rechnungsadresse, lieferanschrift, strase, strasse, adresse de livraison, rue,
    direccion, domicilio, calle, indirizzo, residenza, adres, straat, ulica, endereco, morada, rua, adresa, adress,
    osoite, cim, ship to, bill to, deliver to, residence, demeurant, domicilie, wohnhaft, residente en, residente
    in, zamieszkaly
""")
"""What a form or a sentence puts before an address."""
PHRASES = listed("""
    live at, lives at, lived at, living at, live in, lives in, reside at, resides at, residing at, located at, is
    located in, are located at, office is at, offices are at, based at, my home is, wohne in der, wohnt in der,
    wohnhaft in, habite au, habite, vivo en, vive en, abito in, abita in, mieszkam na, mieszka przy, woon op, woont
    op, moro na, mora na
""")
"""What says in a sentence that somebody's place follows."""
POSTCODE_LABELS = listed("""
    zip, zip code, zipcode, zip-code, postal code, postal_code, postalcode, postcode, post code, plz, postleitzahl,
    code postal, codigo postal, cap, kod pocztowy, kod, cep, codigo de endereco postal, postnummer, postnr, psc,
    posta kodu, iranyitoszam, pin code, pincode
""")

MONTHS_AND_DAYS = listed("""
    january, february, march, april, may, june, july, august, september, october, november, december, jan, feb, mar,
    apr, jun, jul, aug, sep, sept, oct, nov, dec, monday, tuesday, wednesday, thursday, friday, saturday, sunday,
    januar, februar, marz, mai, juni, juli, oktober, dezember, montag, dienstag, mittwoch, donnerstag, freitag,
    samstag, sonntag, janvier, fevrier, mars, avril, juin, juillet, aout, septembre, octobre, novembre, decembre,
    enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre, gennaio,
    febbraio, aprile, maggio, giugno, luglio, settembre, ottobre, dicembre, januari, februari, maart, mei, augustus,
    version, release, quartal, quarter, kapitel, chapter, page, seite, step, item, level, phase, part, section,
    ticket, case, order, invoice, bestellung, rechnung, anfang, ende, fall, schritt
""")
"""Words that are followed by a number and are no street."""

UK_AREAS = listed("""
    AB, AL, B, BA, BB, BD, BH, BL, BN, BR, BS, BT, CA, CB, CF, CH, CM, CO, CR, CT, CV, CW, DA, DD, DE, DG, DH, DL,
    DN, DT, DY, E, EC, EH, EN, EX, FK, FY, G, GL, GU, GY, HA, HD, HG, HP, HR, HS, HU, HX, IG, IM, IP, IV, JE, KA,
    KT, KW, KY, L, LA, LD, LE, LL, LN, LS, LU, M, ME, MK, ML, N, NE, NG, NN, NP, NR, NW, OL, OX, PA, PE, PH, PL, PO,
    PR, RG, RH, RM, S, SA, SE, SG, SK, SL, SM, SN, SO, SP, SR, SS, ST, SW, SY, TA, TD, TF, TN, TQ, TR, TS, TW, UB,
    W, WA, WC, WD, WF, WN, WR, WS, WV, YO, ZE
""")
"""The areas that a British postcode begins with (Royal Mail): what tells one from a product code of the same shape."""

NO_NAMES = frozenset(
    listed("""
    a, an, the, of, in, on, at, to, by, from, for, with, and, or, is, was, are, per, my, your, his, her, our, their,
    this, that, these, those, way, one, more, less, than, miles, minutes, minute, hours, hour, days, day, km,
    people, percent, down, up, off, along, across, into, block, blocks, lane, lanes, first, second, third, same,
    other, next, last
""")
)
"""Words that make "5 minutes of road" no street."""
